# FindLibDw
# elfutils' libdw: DWARF and ELF reading. Uses pkg-config (libdw) for hints. Defines LibDw::LibDw.
pkg_check_modules(PC_LibDw QUIET libdw)
find_path(LibDw_INCLUDE_DIR elfutils/libdwfl.h HINTS ${PC_LibDw_INCLUDE_DIRS})
find_library(LibDw_LIBRARY NAMES dw HINTS ${PC_LibDw_LIBRARY_DIRS})
mark_as_advanced(LibDw_INCLUDE_DIR LibDw_LIBRARY)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(LibDw REQUIRED_VARS LibDw_LIBRARY LibDw_INCLUDE_DIR VERSION_VAR PC_LibDw_VERSION)
if(LibDw_FOUND AND NOT TARGET LibDw::LibDw)
  add_library(LibDw::LibDw UNKNOWN IMPORTED)
  set_target_properties(LibDw::LibDw PROPERTIES
    IMPORTED_LOCATION "${LibDw_LIBRARY}" INTERFACE_INCLUDE_DIRECTORIES "${LibDw_INCLUDE_DIR}")
endif()
find_library(LibElf_LIBRARY NAMES elf)
if(LibDw_FOUND AND LibElf_LIBRARY)
  set_property(TARGET LibDw::LibDw APPEND PROPERTY INTERFACE_LINK_LIBRARIES "${LibElf_LIBRARY}")
endif()
