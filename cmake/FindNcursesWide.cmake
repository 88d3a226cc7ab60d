# FindNcursesWide
# ncurses for wide characters, and the library of terminal descriptions that goes with it. Uses pkg-config (ncursesw) for
# hints. Defines NcursesWide::NcursesWide.
pkg_check_modules(PC_NcursesWide QUIET ncursesw)
find_path(NcursesWide_INCLUDE_DIR ncurses.h HINTS ${PC_NcursesWide_INCLUDE_DIRS})
find_library(NcursesWide_LIBRARY NAMES ncursesw HINTS ${PC_NcursesWide_LIBRARY_DIRS})
find_library(NcursesWide_TERMINFO_LIBRARY NAMES tinfo tinfow HINTS ${PC_NcursesWide_LIBRARY_DIRS})
mark_as_advanced(NcursesWide_INCLUDE_DIR NcursesWide_LIBRARY NcursesWide_TERMINFO_LIBRARY)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(NcursesWide REQUIRED_VARS NcursesWide_LIBRARY NcursesWide_TERMINFO_LIBRARY NcursesWide_INCLUDE_DIR
                                  VERSION_VAR PC_NcursesWide_VERSION)
if(NcursesWide_FOUND AND NOT TARGET NcursesWide::NcursesWide)
  add_library(NcursesWide::NcursesWide UNKNOWN IMPORTED)
  set_target_properties(NcursesWide::NcursesWide PROPERTIES
    IMPORTED_LOCATION "${NcursesWide_LIBRARY}" INTERFACE_INCLUDE_DIRECTORIES "${NcursesWide_INCLUDE_DIR}"
    INTERFACE_LINK_LIBRARIES "${NcursesWide_TERMINFO_LIBRARY}")
endif()
