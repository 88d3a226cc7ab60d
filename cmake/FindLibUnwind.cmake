# FindLibUnwind
# libunwind: stack unwinding. Uses pkg-config (libunwind) for hints. Defines LibUnwind::LibUnwind.
pkg_check_modules(PC_LibUnwind QUIET libunwind)
find_path(LibUnwind_INCLUDE_DIR libunwind.h HINTS ${PC_LibUnwind_INCLUDE_DIRS})
find_library(LibUnwind_LIBRARY NAMES unwind HINTS ${PC_LibUnwind_LIBRARY_DIRS})
mark_as_advanced(LibUnwind_INCLUDE_DIR LibUnwind_LIBRARY)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(LibUnwind REQUIRED_VARS LibUnwind_LIBRARY LibUnwind_INCLUDE_DIR VERSION_VAR PC_LibUnwind_VERSION)
if(LibUnwind_FOUND AND NOT TARGET LibUnwind::LibUnwind)
  add_library(LibUnwind::LibUnwind UNKNOWN IMPORTED)
  set_target_properties(LibUnwind::LibUnwind PROPERTIES
    IMPORTED_LOCATION "${LibUnwind_LIBRARY}" INTERFACE_INCLUDE_DIRECTORIES "${LibUnwind_INCLUDE_DIR}")
endif()
