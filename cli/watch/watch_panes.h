// The panes of the screen: all processes, one of them, a text.
#pragma once

#include <vector>

#include "cli/watch/watch_state.h"
#include "cli/watch/watch_text.h"

namespace mqtrack::cli {

/// At most `size.rows` lines of at most `size.columns` columns. Brings what is selected or scrolled to within bounds,
/// and notes how many rows there is room for.
[[nodiscard]] std::vector<ScreenLine> WatchLines(WatchState& state, ScreenSize size);

}  // namespace mqtrack::cli
