# The processor that is built for, known once: MQTRACK_CPU. What depends on the processor lies in files named
# *_${MQTRACK_CPU}.cc and .h; a header of the first kind is reached through one that is named for all processors.
option(MQTRACK_RECORDER_ONLY "Build nothing but the recorder, which needs no package beside the C library" OFF)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|amd64|AMD64)$")
  set(MQTRACK_CPU x86_64)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$")
  set(MQTRACK_CPU aarch64)
  add_compile_options(-fsigned-char)  # as on x86_64, where the code grew: ABIs differ in what a char is
  if(NOT MQTRACK_RECORDER_ONLY)
    message(FATAL_ERROR "For the processor ${CMAKE_SYSTEM_PROCESSOR} only the recorder can be built: configure with "
                        "-DMQTRACK_RECORDER_ONLY=ON, or with the preset aarch64. The command mqtrack reads its logs on "
                        "an x86_64 machine (docs/embedded.md).")
  endif()
else()
  message(FATAL_ERROR "mqtrack has not been ported to the processor ${CMAKE_SYSTEM_PROCESSOR}: build it for x86_64, its "
                      "recorder for aarch64 too, or write the files that docs/architecture.md, \"Processors\", lists.")
endif()
