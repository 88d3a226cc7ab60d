#include "cli/watch/watch_view.h"

#include <algorithm>
#include <utility>

#include "libtrack/analysis/culprit/frame_name.h"
#include "libtrack/support/units.h"
#include "reports/words/fit_names.h"
#include "reports/words/wording.h"

namespace mqtrack::cli {
namespace {

constexpr char kHelpText[] =
    "up down, j k   choose a row; page up, page down, home, end\n"
    "enter          open a process; of a site, the stack that made most of it\n"
    "backspace, esc back\n"
    "q              back; at the first screen, leave\n"
    "s              sort by growth, now, objects, name\n"
    "g              rows by function, client, topic, region, thread, generation\n"
    "t              another sample type\n"
    "p, space       pause: the screen stands still\n"
    "m              mark this moment\n"
    "c              growth since the mark, or since the watch began\n"
    "w              why: who holds the site's blocks (the service stands still\n"
    "               for a moment)\n"
    "o              owners: whose the heap is (likewise)\n"
    "W              write a snapshot here (begins a generation)\n"
    "?              this page\n"
    "\n"
    "Watching reads the service's log. It stops nothing, writes nothing, and\n"
    "begins no generation. Verdicts come from the generations that the log has:\n"
    "mqtrack run --generations 10m, or a snapshot now and then. Growth counts\n"
    "from the first look of this watch, or from the mark.\n";

std::string KeyOf(const analysis::Site& site) { return site.label + '\0' + site.function + '\0' + site.file; }

bool IsBack(int key) { return key == kKeyBack || key == 'q'; }

}  // namespace

WatchView::WatchView(bool single, bool utf8, std::string log_dir, analysis::WrapperList wrappers)
    : log_dir_(std::move(log_dir)), wrappers_(std::move(wrappers)) {
  state_.single = single;
  state_.utf8 = utf8;
  if (state_.single) state_.pane = WatchState::Pane::kProcess;
}

void WatchView::SetRound(std::shared_ptr<const WatchRound> round) {
  state_.newest = std::move(round);
  if (state_.paused) return;
  state_.shown = state_.newest;
  std::erase_if(state_.marks, [this](const auto& row) {
    const auto& processes = state_.shown->processes;
    return std::none_of(processes.begin(), processes.end(), [&](const auto& one) { return one.id == row.first; });
  });
  // Its row is gone with the next look.
  for (const WatchedProcess& process : state_.shown->processes) {
    if (process.state == kLogRemoved) state_.message = process.name + ": its log was removed";
  }
  if (state_.pane == WatchState::Pane::kProcess || state_.behind_text == WatchState::Pane::kProcess) MakeTable();
}

void WatchView::MakeTable() {
  state_.table.reset();
  state_.table_problem.clear();
  const WatchedProcess* process = state_.Open();
  if (process == nullptr || process->newest == nullptr) return;
  support::Result<analysis::SiteTable> table =
      MakeWatchTable(*state_.Base(*process), *process->newest, state_.SampleType(*process), WatchGroups()[state_.group],
                     state_.sort, wrappers_);
  if (table) {
    state_.table = std::move(table).value();
    FollowSelected();
  } else {
    state_.table_problem = table.error().ToString();
  }
}

void WatchView::FollowSelected() {
  if (state_.selected_key.empty()) {
    state_.selected_site = 0;
    return;
  }
  for (std::size_t i = 0; i < state_.table->sites.size(); ++i) {
    if (KeyOf(state_.table->sites[i]) == state_.selected_key) state_.selected_site = i;
  }
  state_.selected_site =
      std::min(state_.selected_site, state_.table->sites.empty() ? 0 : state_.table->sites.size() - 1);
}

void WatchView::NoteSelected() {
  const bool is_site = state_.table && state_.selected_site > 0 && state_.selected_site < state_.table->sites.size();
  state_.selected_key = is_site ? KeyOf(state_.table->sites[state_.selected_site]) : std::string();
}

void WatchView::ShowText(std::string title, std::string text) {
  if (state_.pane != WatchState::Pane::kText) state_.behind_text = state_.pane;
  state_.pane = WatchState::Pane::kText;
  state_.scroll = 0;
  state_.text_title = std::move(title);
  state_.text = std::move(text);
}

void WatchView::SetAnswer(const WatchRequest& request, const std::string& text) {
  if (request.is_short) {
    state_.message = request.title + ": " + text.substr(0, text.find('\n'));
  } else {
    state_.message.clear();
    ShowText(request.title, text);
  }
}

std::optional<WatchRequest> WatchView::TakeRequest() { return std::exchange(request_, std::nullopt); }

void WatchView::Ask(const std::string& title, std::vector<std::string> words, bool is_short) {
  if (!log_dir_.empty()) words.insert(words.end(), {"--log-dir", log_dir_});
  request_ = WatchRequest{title, std::move(words), is_short};
  state_.message = title + " ...";
}

void WatchView::MarkAll() {
  if (state_.shown == nullptr) return;
  state_.marks.clear();
  for (const WatchedProcess& process : state_.shown->processes) {
    if (process.newest != nullptr) state_.marks[process.id] = {process.newest, state_.shown->time_ns};
  }
  state_.mark_ns = state_.shown->time_ns;
  state_.since_mark = true;
  state_.message = "marked; growth counts from here (c: from the beginning again)";
  MakeTable();
}

void WatchView::ShowStack() {
  if (!state_.table || state_.selected_site >= state_.table->sites.size()) return;
  const analysis::Site& site = state_.table->sites[state_.selected_site];
  std::string text;
  for (const analysis::Frame& frame : site.stack) {
    const std::string where = reports::Where(analysis::FrameFile(frame), frame.line,
                                             analysis::ModuleName(state_.table->profile, frame.location));
    text += std::string(frame.wrapper ? "  " : "> ") +
            reports::ShownName(analysis::FrameName(state_.table->profile, frame)) +
            (where.empty() ? "" : "  " + where) + (frame.inlined ? "  (inlined)" : "") + "\n";
  }
  if (text.empty()) text = "no stack is known\n";
  ShowText("stack of " + (site.label.empty() ? site.function : site.label), text + "\nw: who holds it\n");
}

void WatchView::Move(int key) {
  const std::size_t processes = state_.shown == nullptr ? 0 : state_.shown->processes.size();
  std::size_t& at = state_.pane == WatchState::Pane::kText      ? state_.scroll
                    : state_.pane == WatchState::Pane::kProcess ? state_.selected_site
                                                                : state_.selected_process;
  // How far text can be scrolled is known when it is laid out.
  const std::size_t count = state_.pane == WatchState::Pane::kText ? state_.text.size() + 1
                            : state_.pane == WatchState::Pane::kProcess
                                ? (state_.table ? state_.table->sites.size() : 0)
                                : processes;
  const std::size_t last = count == 0 ? 0 : count - 1, page = std::max<std::size_t>(1, state_.page_rows);
  if (key == kKeyUp || key == 'k') at -= std::min<std::size_t>(at, 1);
  if (key == kKeyDown || key == 'j') at = std::min(last, at + 1);
  if (key == kKeyPageUp) at -= std::min(at, page);
  if (key == kKeyPageDown) at = std::min(last, at + page);
  if (key == kKeyHome) at = 0;
  if (key == kKeyEnd) at = last;
}

bool WatchView::PressInText(int key) {
  if (key == 'w' && state_.behind_text == WatchState::Pane::kProcess) {
    state_.pane = state_.behind_text;
    return PressInProcess(key);
  }
  if (IsBack(key) || key == kKeyEnter || key == '?') {
    state_.pane = state_.behind_text;
    MakeTable();
  } else {
    Move(key);
  }
  return true;
}

bool WatchView::PressInProcess(int key) {
  const WatchedProcess* process = state_.Open();
  if (IsBack(key)) {
    if (state_.single) return key != 'q';
    state_.pane = WatchState::Pane::kProcesses;
    state_.open_id.clear();
    return true;
  }
  const bool is_site = state_.table && state_.selected_site < state_.table->sites.size();
  if (key == kKeyEnter) ShowStack();
  if (key == 's') state_.sort = static_cast<WatchSort>((static_cast<std::size_t>(state_.sort) + 1) % kWatchSorts);
  if (key == 'g') state_.group = (state_.group + 1) % WatchGroups().size();
  if (key == 't') ++state_.type;
  if (key == 's' || key == 'g' || key == 't') {
    state_.selected_key.clear();
    MakeTable();
  }
  if (process != nullptr && key == 'o') Ask("owners of " + process->name, {"owners", process->target}, false);
  if (process != nullptr && key == 'w') {
    if (!is_site || !state_.table->sites[state_.selected_site].label.empty()) {
      state_.message = "why asks for a function: press g until the rows are functions";
    } else {
      const std::string& function = state_.table->sites[state_.selected_site].function;
      Ask("why " + function, {"why", process->target, "--site", function}, false);
    }
  }
  if (process != nullptr && key == 'W') Ask("snapshot", {"snapshot", process->target, "-q"}, true);
  Move(key);
  NoteSelected();
  return true;
}

bool WatchView::PressAnywhere(int key) {
  if (key == '?') {
    ShowText("help", kHelpText);
  } else if (key == 'p' || key == ' ') {
    state_.paused = !state_.paused;
    if (!state_.paused) SetRound(state_.newest);
  } else if (key == 'm') {
    MarkAll();
  } else if (key == 'c') {
    state_.since_mark = !state_.since_mark && !state_.marks.empty();
    if (state_.marks.empty()) state_.message = "no moment is marked yet (m marks one)";
    MakeTable();
  } else {
    return false;
  }
  return true;
}

bool WatchView::Press(int key) {
  state_.message.clear();
  if (state_.pane == WatchState::Pane::kText) return PressInText(key);
  if (PressAnywhere(key)) return true;
  if (state_.pane == WatchState::Pane::kProcess) return PressInProcess(key);
  if (key == 'q') return false;
  if (key == kKeyEnter && state_.shown != nullptr && state_.selected_process < state_.shown->processes.size()) {
    state_.open_id = state_.shown->processes[state_.selected_process].id;
    state_.pane = WatchState::Pane::kProcess;
    state_.selected_key.clear();
    MakeTable();
  } else {
    Move(key);
  }
  return true;
}

}  // namespace mqtrack::cli
