// Nothing: the precompiled headers of the unit tests need a target of their own (cmake/MqtrackTesting.cmake).
