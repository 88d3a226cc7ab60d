# The processor that is built for, known once: MQTRACK_CPU. What depends on the processor lies in files named
# *_${MQTRACK_CPU}.cc and .h; a header of the first kind is reached through one that is named for all processors.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|amd64|AMD64)$")
  set(MQTRACK_CPU x86_64)
else()
  message(FATAL_ERROR "mqtrack has not been ported to the processor ${CMAKE_SYSTEM_PROCESSOR}: build it for x86_64, or "
                      "write the files that docs/architecture.md, \"Processors\", lists.")
endif()
