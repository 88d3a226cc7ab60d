# FindGraphviz
# Graphviz' layout and rendering library. Uses pkg-config (libgvc) for hints. Defines Graphviz::Graphviz.
pkg_check_modules(PC_Graphviz QUIET libgvc)
find_path(Graphviz_INCLUDE_DIR graphviz/gvc.h HINTS ${PC_Graphviz_INCLUDE_DIRS})
find_library(Graphviz_LIBRARY NAMES gvc HINTS ${PC_Graphviz_LIBRARY_DIRS})
mark_as_advanced(Graphviz_INCLUDE_DIR Graphviz_LIBRARY)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Graphviz REQUIRED_VARS Graphviz_LIBRARY Graphviz_INCLUDE_DIR VERSION_VAR PC_Graphviz_VERSION)
if(Graphviz_FOUND AND NOT TARGET Graphviz::Graphviz)
  add_library(Graphviz::Graphviz UNKNOWN IMPORTED)
  set_target_properties(Graphviz::Graphviz PROPERTIES
    IMPORTED_LOCATION "${Graphviz_LIBRARY}" INTERFACE_INCLUDE_DIRECTORIES "${Graphviz_INCLUDE_DIR}")
endif()
find_library(Cgraph_LIBRARY NAMES cgraph HINTS ${PC_Graphviz_LIBRARY_DIRS})
if(Graphviz_FOUND AND Cgraph_LIBRARY)
  set_property(TARGET Graphviz::Graphviz APPEND PROPERTY INTERFACE_LINK_LIBRARIES "${Cgraph_LIBRARY}")
endif()
