#include "cli/watch/watch_terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <clocale>
#include <csignal>
#include <cstdlib>

// Last, since it defines macros of common names.
#define NCURSES_NOMACROS 1
#include <ncurses.h>

// As <term.h> declares it, which also makes macros of "lines" and "columns".
extern "C" int setupterm(const char* term, int descriptor, int* error);

namespace mqtrack::cli {
namespace {

volatile std::sig_atomic_t end_signal = 0;

void OnEndSignal(int signal_number) { end_signal = signal_number; }

/// Pairs by what they mean: grew, shrank, good, bad.
enum : short { kRed = 1, kGreen = 2 };

attr_t AttributesOf(reports::Style style, bool colour) {
  const auto coloured = [colour](short pair, attr_t also) {
    return colour ? static_cast<attr_t>(COLOR_PAIR(pair)) | also : also;
  };
  switch (style) {
    case reports::Style::kPlain:
      return A_NORMAL;
    case reports::Style::kBold:
      return A_BOLD;
    case reports::Style::kDim:
      return A_DIM;
    case reports::Style::kGrew:
      return coloured(kRed, A_NORMAL);
    case reports::Style::kShrank:
    case reports::Style::kGood:
      return coloured(kGreen, A_NORMAL);
    case reports::Style::kBad:
      return coloured(kRed, A_BOLD);
  }
  return A_NORMAL;
}

int KeyOf(int read) {
  constexpr int kEscape = 27, kDelete = 127, kControlH = 8;
  switch (read) {
    case KEY_UP:
      return kKeyUp;
    case KEY_DOWN:
      return kKeyDown;
    case KEY_PPAGE:
      return kKeyPageUp;
    case KEY_NPAGE:
      return kKeyPageDown;
    case KEY_HOME:
      return kKeyHome;
    case KEY_END:
      return kKeyEnd;
    case KEY_ENTER:
    case '\n':
    case '\r':
      return kKeyEnter;
    case KEY_BACKSPACE:
    case KEY_LEFT:
    case kDelete:
    case kControlH:
    case kEscape:
      return kKeyBack;
    default:
      return read < KEY_MIN ? read : 0;
  }
}

}  // namespace

void NoteEndSignals() {
  end_signal = 0;
  struct sigaction action {};
  action.sa_handler = OnEndSignal;
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) ::sigaction(number, &action, nullptr);
}

void EndBySignal(int signal_number) {
  std::signal(signal_number, SIG_DFL);
  std::raise(signal_number);
  std::_Exit(128 + signal_number);
}

int WatchTerminal::EndSignal() { return end_signal; }

std::unique_ptr<WatchTerminal> WatchTerminal::Open(bool colour) {
  if (::isatty(STDIN_FILENO) == 0 || ::isatty(STDOUT_FILENO) == 0) return nullptr;
  // Asked before curses begins: of a terminal that it does not know it ends the program, or draws where it likes.
  int error = 0;
  if (::setupterm(nullptr, STDOUT_FILENO, &error) != OK) return nullptr;
  const char* const place_cursor = ::tigetstr("cup");
  if (place_cursor == nullptr || place_cursor == reinterpret_cast<const char*>(-1)) return nullptr;
  std::setlocale(LC_CTYPE, "");
  if (::newterm(nullptr, stdout, stdin) == nullptr) return nullptr;
  NoteEndSignals();
  return std::unique_ptr<WatchTerminal>(new WatchTerminal(colour));
}

WatchTerminal::WatchTerminal(bool colour) {
  ::cbreak();
  ::noecho();
  ::nonl();
  ::keypad(stdscr, TRUE);
  ::set_escdelay(50);
  constexpr int kWaitMillis = 100;
  ::wtimeout(stdscr, kWaitMillis);
  ::curs_set(0);
  colour_ = colour && ::has_colors() && ::start_color() == OK;
  if (!colour_) return;
  ::use_default_colors();
  ::init_pair(kRed, COLOR_RED, -1);
  ::init_pair(kGreen, COLOR_GREEN, -1);
}

WatchTerminal::~WatchTerminal() {
  ::curs_set(1);
  ::endwin();
}

ScreenSize WatchTerminal::Size() const {
  return {static_cast<std::size_t>(COLS > 0 ? COLS : 1), static_cast<std::size_t>(LINES > 0 ? LINES : 1)};
}

void WatchTerminal::Draw(const std::vector<ScreenLine>& lines) {
  ::werase(stdscr);
  for (std::size_t row = 0; row < lines.size() && row < Size().rows; ++row) {
    ::wmove(stdscr, static_cast<int>(row), 0);
    for (const ScreenSpan& span : lines[row].spans) {
      attr_t attributes = AttributesOf(span.style, colour_);
      if (lines[row].selected) attributes |= A_REVERSE;
      ::wattrset(stdscr, static_cast<int>(attributes));
      ::waddnstr(stdscr, span.text.data(), static_cast<int>(span.text.size()));
    }
  }
  ::wattrset(stdscr, A_NORMAL);
  ::wrefresh(stdscr);
}

std::optional<int> WatchTerminal::ReadKey() {
  const int read = ::wgetch(stdscr);
  if (read == ERR || read == KEY_RESIZE) return std::nullopt;
  return KeyOf(read);
}

}  // namespace mqtrack::cli
