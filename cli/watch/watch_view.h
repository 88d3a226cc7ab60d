// Turns keys into changes of what the user looks at, and rounds into lines. It knows no terminal.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/watch/watch_panes.h"
#include "cli/watch/watch_round.h"
#include "cli/watch/watch_state.h"
#include "cli/watch/watch_text.h"
#include "libtrack/analysis/culprit/wrapper_list.h"

namespace mqtrack::cli {

/// A key as the view knows it: a character, or one of these.
enum WatchKey : int { kKeyUp = 1000, kKeyDown, kKeyPageUp, kKeyPageDown, kKeyHome, kKeyEnd, kKeyEnter, kKeyBack };

/// Work that the view wants done elsewhere, since it takes long: another verb of mqtrack, whose output is shown.
struct WatchRequest {
  std::string title;
  std::vector<std::string> words;  // the verb and its words
  bool is_short = false;           // its one line goes to the bottom of the screen
};

/// Not thread-safe.
class WatchView {
 public:
  WatchView(bool single, bool utf8, std::string log_dir, analysis::WrapperList wrappers);

  /// A newer round; not shown while the view is paused.
  void SetRound(std::shared_ptr<const WatchRound> round);
  /// What became of a request.
  void SetAnswer(const WatchRequest& request, const std::string& text);
  /// False: the user wants to leave.
  [[nodiscard]] bool Press(int key);
  /// The request that the last key made, once.
  [[nodiscard]] std::optional<WatchRequest> TakeRequest();
  /// At most `size.rows` lines of at most `size.columns` columns.
  [[nodiscard]] std::vector<ScreenLine> Lines(ScreenSize size) { return WatchLines(state_, size); }

 private:
  void MakeTable();
  /// Follows, or notes, the site that is selected.
  void FollowSelected();
  void NoteSelected();
  void ShowText(std::string title, std::string text);
  void MarkAll();
  void ShowStack();
  void Ask(const std::string& title, std::vector<std::string> words, bool is_short);
  bool PressInProcess(int key);
  bool PressInText(int key);
  bool PressAnywhere(int key);
  void Move(int key);

  std::string log_dir_;
  analysis::WrapperList wrappers_;
  WatchState state_;
  std::optional<WatchRequest> request_;
};

}  // namespace mqtrack::cli
