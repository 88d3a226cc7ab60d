// Text files that are compiled in (cmake/EmbedText.cmake) and used by more than one kind of picture.
#pragma once

#include <string_view>

namespace mqtrack::reports {

/// toolbar.js: the search box and buttons, which exist only where scripts run.
extern const std::string_view kToolbarScript;

}  // namespace mqtrack::reports
