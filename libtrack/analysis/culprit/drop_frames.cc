// pprof's drop_frames: a regular expression for what its reader may cut from every stack.
//
// pprof walks a stack from the root and, at the first frame that matches, drops that frame and everything it called. So
// only functions below which no code of the program can run may match: malloc's family and the raw allocation steps of
// std containers. A container's insert does not qualify, since it runs constructors, and their allocations would be
// charged to the wrong place.
#include "libtrack/analysis/culprit/drop_frames.h"

#include "libtrack/analysis/culprit/wrapper_text.h"

namespace mqtrack::analysis {
namespace {

/// Template arguments with balanced brackets, to a depth that names in practice stay below. A deeper name is not
/// dropped.
std::string BalancedArguments() {
  std::string arguments = "[^<>]*";
  for (int depth = 0; depth < 4; ++depth) arguments = "(?:[^<>]|<" + arguments + ">)*";
  return arguments;
}

std::string Replace(std::string text, std::string_view what, const std::string& with) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
  return text;
}

std::string Escape(std::string_view name) {
  std::string escaped;
  for (const char c : name) {
    if (std::string_view("\\.+*?()|[]{}^$").find(c) != std::string_view::npos) escaped += '\\';
    escaped += c;
  }
  return escaped;
}

std::string BuildRegex() {
  const std::string arguments = BalancedArguments();
  // Demanglers differ in whether they put a space between two closing brackets.
  const std::string std_allocator = "std::allocator<" + arguments + "> ?";
  std::string regex;
  for (const PurePattern& pattern : BuiltinPurePatterns()) {
    if (!regex.empty()) regex += '|';
    regex += pattern.is_template ? Replace(Replace(std::string(pattern.text), "{A}", std_allocator), "{T}", arguments)
                                 : Escape(pattern.text);
  }
  return regex;
}

}  // namespace

const std::string& DropFramesRegex() {
  static const std::string regex = BuildRegex();
  return regex;
}

}  // namespace mqtrack::analysis
