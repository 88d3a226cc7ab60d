#include "reports/words/wrapped.h"

#include <algorithm>

#include "reports/words/columns.h"

namespace mqtrack::reports {

std::string Wrapped(const std::string& text, std::size_t indent, int width) {
  const std::size_t room = width > 0 ? static_cast<std::size_t>(width) : 120;
  std::string lines, line(indent, ' ');
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const std::string word = text.substr(at, end - at);
    if (TextWidth(line) > indent && TextWidth(line) + 1 + TextWidth(word) > room) {
      lines += line + "\n";
      line.assign(indent + 2, ' ');
    }
    if (line.find_first_not_of(' ') != std::string::npos) line += ' ';
    line += word;
    at = end + 1;
  }
  return lines + line + "\n";
}

}  // namespace mqtrack::reports
