# mqtrack_unit_test(name SOURCES x_test.cc DEPENDS mqtrack_x [LABELS unit]): one GoogleTest program, its cases known to
# ctest one by one. MQTRACK_SOURCE_DIR and MQTRACK_BINARY_DIR are defined for fixtures.
include(GoogleTest)
function(mqtrack_unit_test name)
  cmake_parse_arguments(ARG "" "LABEL;TIMEOUT" "SOURCES;DEPENDS" ${ARGN})
  if(NOT ARG_LABEL)
    set(ARG_LABEL unit)
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_DEPENDS} mqtrack_options mqtrack_sanitizers GTest::gtest_main GTest::gmock)
  target_compile_definitions(${name} PRIVATE
    MQTRACK_SOURCE_DIR="${PROJECT_SOURCE_DIR}" MQTRACK_BINARY_DIR="${PROJECT_BINARY_DIR}")
  gtest_discover_tests(${name} TEST_PREFIX "${name}." PROPERTIES LABELS ${ARG_LABEL} TIMEOUT ${ARG_TIMEOUT}
                       DISCOVERY_TIMEOUT 60)
endfunction()
