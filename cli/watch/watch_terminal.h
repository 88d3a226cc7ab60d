// The terminal while it is watched on: lines out, keys in, and as it was before when that is over.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/watch/watch_text.h"
#include "cli/watch/watch_view.h"

namespace mqtrack::cli {

/// One at a time. SIGINT, SIGTERM and SIGHUP are noted while it lives; SIGTSTP gives the terminal back until SIGCONT.
class WatchTerminal {
 public:
  /// Null where standard input or output is no terminal, or one that cannot place a cursor.
  [[nodiscard]] static std::unique_ptr<WatchTerminal> Open(bool colour);
  ~WatchTerminal();
  WatchTerminal(const WatchTerminal&) = delete;
  WatchTerminal& operator=(const WatchTerminal&) = delete;

  [[nodiscard]] ScreenSize Size() const;
  void Draw(const std::vector<ScreenLine>& lines);
  /// The next key, as WatchView::Press takes it; nothing after a moment without one, and when the size has changed.
  [[nodiscard]] std::optional<int> ReadKey();
  /// The signal that asked to end, or 0. ^C is one.
  [[nodiscard]] static int EndSignal();

 private:
  explicit WatchTerminal(bool colour);
  bool colour_ = false;
};

/// Notes SIGINT, SIGTERM and SIGHUP for WatchTerminal::EndSignal.
void NoteEndSignals();

/// Ends this process by a signal, as if nobody had noted it.
[[noreturn]] void EndBySignal(int signal_number);

}  // namespace mqtrack::cli
