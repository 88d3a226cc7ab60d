#include "libtrack/analysis/gate/name_pattern.h"

#include "libtrack/analysis/printable.h"

namespace mqtrack::analysis {

support::Result<NamePattern> NamePattern::Parse(std::string_view text, const std::string& where) {
  NamePattern pattern;
  pattern.text_ = std::string(text);
  std::string_view rest = text;
  if (rest.starts_with('^')) {
    pattern.at_start_ = true;
    rest.remove_prefix(1);
  }
  if (rest.ends_with('$')) {
    pattern.at_end_ = true;
    rest.remove_suffix(1);
  }
  if (rest.empty()) {
    return support::Error{support::ErrorCode::kBadInput,
                          "pattern " + Quoted(text) +
                              " has no text to look for; write a part of a function, file or "
                              "module name, or * for everything",
                          where};
  }
  for (std::size_t star = rest.find('*'); star != std::string_view::npos; star = rest.find('*')) {
    pattern.pieces_.emplace_back(rest.substr(0, star));
    rest.remove_prefix(star + 1);
  }
  pattern.pieces_.emplace_back(rest);
  return pattern;
}

// Taking the leftmost match of every piece but the last is enough: a later one leaves less text for what follows. The
// last piece, when tied to the end, is looked for there only.
bool NamePattern::Matches(std::string_view text) const {
  if (text.empty()) return false;
  for (std::size_t i = 0; i < pieces_.size(); ++i) {
    const std::string& piece = pieces_[i];
    const bool tied_to_start = i == 0 && at_start_;
    if (i + 1 == pieces_.size() && at_end_) {
      return text.ends_with(piece) && (!tied_to_start || text.size() == piece.size());
    }
    const std::size_t found = tied_to_start ? (text.starts_with(piece) ? 0 : std::string_view::npos) : text.find(piece);
    if (found == std::string_view::npos) return false;
    text.remove_prefix(found + piece.size());
  }
  return true;
}

}  // namespace mqtrack::analysis
