# What every target of mqtrack is compiled with. Link mqtrack_options; nothing sets directory-wide flags.
option(MQTRACK_TESTS "Build the tests, fuzz drivers and benchmarks" ON)
option(MQTRACK_SAMPLES "Build the samples, which the tests try" ON)
option(MQTRACK_WERROR "Treat warnings as errors (set by tests/run.sh and the presets dev, asan, tsan; release is for users)" OFF)
option(MQTRACK_FUZZ "Build the fuzz targets with libFuzzer (needs clang)" OFF)
set(MQTRACK_SANITIZE "" CACHE STRING "Sanitizers for everything but the preloaded recorder, e.g. address,undefined")

add_library(mqtrack_options INTERFACE)
target_compile_features(mqtrack_options INTERFACE cxx_std_20)
target_include_directories(mqtrack_options INTERFACE "${PROJECT_SOURCE_DIR}")
target_compile_options(mqtrack_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor> -Wconversion
  -Wno-sign-conversion $<$<COMPILE_LANGUAGE:CXX>:-Wold-style-cast>
  $<$<BOOL:${MQTRACK_WERROR}>:-Werror>)
target_compile_definitions(mqtrack_options INTERFACE MQTRACK_VERSION="${PROJECT_VERSION}")

add_library(mqtrack_sanitizers INTERFACE)
if(MQTRACK_SANITIZE)
  target_compile_options(mqtrack_sanitizers INTERFACE -g1  # lines are all that their reports show
    -fsanitize=${MQTRACK_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(mqtrack_sanitizers INTERFACE -fsanitize=${MQTRACK_SANITIZE})
endif()
if(MQTRACK_FUZZ)  # libFuzzer's coverage, and the sanitizers that make its findings visible; optimised, for more inputs a second
  target_compile_options(mqtrack_sanitizers INTERFACE -O1 -gline-tables-only
    -fsanitize=fuzzer-no-link,address,undefined -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(mqtrack_sanitizers INTERFACE -fsanitize=address,undefined)
endif()

# mqtrack_module(name SOURCES a.cc b.cc DEPENDS mqtrack_x PRIVATE_DEPENDS ...): one static library per module.
function(mqtrack_module name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS;PRIVATE_DEPENDS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC mqtrack_options mqtrack_sanitizers ${ARG_DEPENDS} PRIVATE ${ARG_PRIVATE_DEPENDS})
endfunction()
