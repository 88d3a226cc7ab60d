# FindLibUnwindPtrace
# libunwind's unwinding of other processes. Uses pkg-config (libunwind-ptrace) for hints. Defines LibUnwind::Remote (the
# unwinder for stacks of others) and LibUnwind::Ptrace (its accessors for a traced process, on top of it).
pkg_check_modules(PC_LibUnwindPtrace QUIET libunwind-ptrace)
find_path(LibUnwindPtrace_INCLUDE_DIR libunwind-ptrace.h HINTS ${PC_LibUnwindPtrace_INCLUDE_DIRS})
find_library(LibUnwindPtrace_LIBRARY NAMES unwind-ptrace HINTS ${PC_LibUnwindPtrace_LIBRARY_DIRS})
find_library(LibUnwindPtrace_REMOTE_LIBRARY NAMES unwind-generic unwind-${CMAKE_SYSTEM_PROCESSOR}
             HINTS ${PC_LibUnwindPtrace_LIBRARY_DIRS})
mark_as_advanced(LibUnwindPtrace_INCLUDE_DIR LibUnwindPtrace_LIBRARY LibUnwindPtrace_REMOTE_LIBRARY)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(LibUnwindPtrace
  REQUIRED_VARS LibUnwindPtrace_LIBRARY LibUnwindPtrace_REMOTE_LIBRARY LibUnwindPtrace_INCLUDE_DIR
  VERSION_VAR PC_LibUnwindPtrace_VERSION)
if(LibUnwindPtrace_FOUND AND NOT TARGET LibUnwind::Ptrace)
  add_library(LibUnwind::Remote UNKNOWN IMPORTED)
  set_target_properties(LibUnwind::Remote PROPERTIES
    IMPORTED_LOCATION "${LibUnwindPtrace_REMOTE_LIBRARY}" INTERFACE_INCLUDE_DIRECTORIES "${LibUnwindPtrace_INCLUDE_DIR}")
  add_library(LibUnwind::Ptrace UNKNOWN IMPORTED)
  set_target_properties(LibUnwind::Ptrace PROPERTIES
    IMPORTED_LOCATION "${LibUnwindPtrace_LIBRARY}" INTERFACE_INCLUDE_DIRECTORIES "${LibUnwindPtrace_INCLUDE_DIR}"
    INTERFACE_LINK_LIBRARIES LibUnwind::Remote)
endif()
