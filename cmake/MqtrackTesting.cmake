# How long any test may take: a limit for what hangs, far from what is slow on a busy machine.
set(MQTRACK_TEST_SECONDS 900)

# Unit tests are compiled without optimisation, with a line table, and with GoogleTest's headers precompiled: in a third of the
# time. What they test is compiled as everywhere.
include(GoogleTest)
add_library(mqtrack_unit_test_options INTERFACE)
target_compile_options(mqtrack_unit_test_options INTERFACE -O0 -g1)
target_link_libraries(mqtrack_unit_test_options INTERFACE
  mqtrack_options mqtrack_sanitizers GTest::gtest_main GTest::gmock)
add_library(mqtrack_unit_test_headers OBJECT "${PROJECT_SOURCE_DIR}/tests/unit/precompiled.cc")
target_link_libraries(mqtrack_unit_test_headers PRIVATE mqtrack_unit_test_options)
target_precompile_headers(mqtrack_unit_test_headers PRIVATE
  <gmock/gmock.h> <gtest/gtest.h>
  <algorithm> <filesystem> <fstream> <functional> <map> <optional> <set> <span> <sstream> <string> <string_view>
  <unordered_map> <variant> <vector>)

# mqtrack_unit_test(name SOURCES x_test.cc DEPENDS mqtrack_x [LABELS unit]): one GoogleTest program, its cases known to
# ctest one by one. MQTRACK_SOURCE_DIR and MQTRACK_BINARY_DIR are defined for fixtures.
function(mqtrack_unit_test name)
  cmake_parse_arguments(ARG "" "LABEL" "SOURCES;DEPENDS" ${ARGN})
  if(NOT ARG_LABEL)
    set(ARG_LABEL unit)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_DEPENDS} mqtrack_unit_test_options)
  target_precompile_headers(${name} REUSE_FROM mqtrack_unit_test_headers)
  target_compile_definitions(${name} PRIVATE
    MQTRACK_SOURCE_DIR="${PROJECT_SOURCE_DIR}" MQTRACK_BINARY_DIR="${PROJECT_BINARY_DIR}")
  gtest_discover_tests(${name} TEST_PREFIX "${name}." PROPERTIES LABELS ${ARG_LABEL} TIMEOUT ${MQTRACK_TEST_SECONDS}
                       DISCOVERY_TIMEOUT 60)
endfunction()

# mqtrack_python_test(entry file [SERIAL] [ENVIRONMENT NAME=value...]): a file of unittest cases in the current folder, as
# one test of ctest called entry, of label e2e. It tells which cases were skipped; if all were, ctest shows it as skipped.
find_package(Python3 REQUIRED COMPONENTS Interpreter)
function(mqtrack_python_test entry file)
  cmake_parse_arguments(ARG "SERIAL" "" "ENVIRONMENT" ${ARGN})
  add_test(NAME ${entry} COMMAND Python3::Interpreter -B "${PROJECT_SOURCE_DIR}/tests/e2e/harness/run_tests.py" ${file}
           WORKING_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}")
  set_tests_properties(${entry} PROPERTIES LABELS e2e TIMEOUT ${MQTRACK_TEST_SECONDS} SKIP_RETURN_CODE 77
                       ENVIRONMENT "${ARG_ENVIRONMENT}")
  if(ARG_SERIAL)
    set_tests_properties(${entry} PROPERTIES RUN_SERIAL ON)
  endif()
endfunction()

# All fuzz targets; what the build preset "fuzz" builds.
add_custom_target(fuzz_targets)

# mqtrack_fuzz_target(name SOURCES x_fuzz.cc DEPENDS mqtrack_x [CORPUS dir] [MUTATIONS n]): a program around one
# LLVMFuzzerTestOneInput. With MQTRACK_FUZZ it is a libFuzzer program; otherwise a plain driver
# (tests/fuzz/replay_driver.cc) replays tests/fuzz/corpus/<name>/ (or CORPUS) and n mutations of each file (default 200,
# the same ones each time), as one ctest test of label fuzz. An empty corpus fails.
function(mqtrack_fuzz_target name)
  cmake_parse_arguments(ARG "" "CORPUS;MUTATIONS" "SOURCES;DEPENDS" ${ARGN})
  if(NOT ARG_CORPUS)
    set(ARG_CORPUS "${PROJECT_SOURCE_DIR}/tests/fuzz/corpus/${name}")
  endif()
  if(NOT ARG_MUTATIONS)
    set(ARG_MUTATIONS 200)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_DEPENDS} mqtrack_options mqtrack_sanitizers)
  if(MQTRACK_FUZZ)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    add_test(NAME fuzz.${name} COMMAND ${name} -runs=0 "${ARG_CORPUS}")
  else()
    target_sources(${name} PRIVATE "${PROJECT_SOURCE_DIR}/tests/fuzz/replay_driver.cc")
    add_test(NAME fuzz.${name} COMMAND ${name} --mutations ${ARG_MUTATIONS} "${ARG_CORPUS}")
  endif()
  add_dependencies(fuzz_targets ${name})
  set_tests_properties(fuzz.${name} PROPERTIES LABELS fuzz TIMEOUT ${MQTRACK_TEST_SECONDS})
endfunction()
