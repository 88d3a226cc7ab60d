#include "libtrack/support/cxx_name.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace mqtrack::support {
namespace {

constexpr std::string_view kAnonymous = "(anonymous namespace)";

bool IsIdentifier(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '$'; }

/// One pass over a demangled name. Positions at depth zero decide what is part of the name; brackets are skipped whole.
class NameScanner {
 public:
  NameScanner(std::string_view text, bool keep_template_arguments)
      : text_(text), keep_arguments_(keep_template_arguments) {}

  std::string Scan() {
    while (position_ < text_.size() && !complete_) Step();
    return std::move(name_);
  }

 private:
  [[nodiscard]] std::string_view Rest() const { return text_.substr(position_); }

  void Keep(std::size_t count) {
    name_ += text_.substr(position_, count);
    position_ += count;
  }

  /// Skips and keeps nothing.
  std::size_t Drop(std::size_t count) {
    position_ += count;
    return 0;
  }

  void Step() {
    const char c = text_[position_];
    if (Rest().starts_with("operator") && StartsWord()) return ScanOperator();
    switch (c) {
      case '<':
        // A name that starts with '<' is a lambda as some compilers print it.
        return ScanBracketed('<', '>', keep_arguments_ || name_.empty() || name_.ends_with("::"));
      case '{':
        return ScanBracketed('{', '}', true);
      case '[':
        // An ABI tag, a clone note or Go's type arguments; at the start it is a pseudo-file such as [vdso].
        return ScanBracketed('[', ']', name_.empty() || (keep_arguments_ && !Rest().starts_with("[abi:")));
      case '(':
        return ScanParenthesis();
      case ' ':
        if (Rest().starts_with(" [clone")) {
          complete_ = true;
          return;
        }
        if (Rest().starts_with(" <") && name_.ends_with('<')) return Keep(keep_arguments_ ? 1 : Drop(1));
        // What stood before was a return type or "vtable for".
        name_.clear();
        ++position_;
        return;
      default:
        return Keep(1);
    }
  }

  [[nodiscard]] bool StartsWord() const {
    return (position_ == 0 || !IsIdentifier(text_[position_ - 1])) &&
           (position_ + 8 >= text_.size() || !IsIdentifier(text_[position_ + 8]));
  }

  /// One past the bracket that closes the one at `open_at`; the end if there is none.
  [[nodiscard]] std::size_t ClosingEnd(std::size_t open_at, char open, char close) const {
    int depth = 0;
    for (std::size_t i = open_at; i < text_.size(); ++i) {
      if (open == '<' && text_.substr(i).starts_with("operator") && i + 8 < text_.size()) {
        i = SkipOperatorSigns(i + 8) - 1;
      } else if (open == '<' && text_[i] == '(') {
        i = ClosingEnd(i, '(', ')') - 1;
      } else if (text_[i] == open) {
        ++depth;
      } else if (text_[i] == close && !(close == '>' && i > 0 && text_[i - 1] == '-') && --depth == 0) {
        return i + 1;
      }
    }
    return text_.size();
  }

  /// One past the signs of an operator's name that could be taken for brackets.
  [[nodiscard]] std::size_t SkipOperatorSigns(std::size_t at) const {
    static constexpr std::array<std::string_view, 13> kSigns = {
        "<=>", "<<=", ">>=", "->*", "<<", ">>", "<=", ">=", "->", "()", "[]", "<", ">"};
    for (const std::string_view sign : kSigns) {
      if (text_.substr(at).starts_with(sign)) return at + sign.size();
    }
    return at;
  }

  void ScanBracketed(char open, char close, bool keep) {
    const std::size_t end = ClosingEnd(position_, open, close);
    if (keep) return Keep(end - position_);
    position_ = end;
  }

  void ScanOperator() {
    const std::size_t signs_end = SkipOperatorSigns(position_ + 8);
    if (signs_end != position_ + 8) return Keep(signs_end - position_);
    // "operator new[]", a conversion "operator std::string", or plain signs such as +=: all end at the parameters.
    std::size_t end = std::min(text_.find('(', position_ + 8), text_.size());
    const std::size_t angle = text_.find('<', position_ + 8);
    if (text_.substr(position_ + 8).starts_with(" new") || text_.substr(position_ + 8).starts_with(" delete")) {
      end = std::min(end, text_.find(" [clone", position_));
    } else if (angle < end && text_[position_ + 8] == ' ') {
      end = std::min(text_.find('(', ClosingEnd(angle, '<', '>')), text_.size());
    } else {
      end = std::min(end, angle);
    }
    Keep(end - position_);
  }

  void ScanParenthesis() {
    if (Rest().starts_with(kAnonymous)) return Keep(kAnonymous.size());
    const std::size_t end = ClosingEnd(position_, '(', ')');
    const bool go_receiver = Rest().starts_with("(*") && end < text_.size() && text_[end] == '.';
    if (go_receiver) return Keep(end - position_);
    // decltype (…), or a function pointer as return type.
    if (name_.empty() || name_ == "decltype") {
      position_ = end;
      return;
    }
    // Parameters. A function-local class or lambda goes on behind them; anything else ends the name.
    std::size_t next = end;
    for (const std::string_view qualifier : {" const", " volatile", " &&", " &", " noexcept"}) {
      if (text_.substr(next).starts_with(qualifier)) next += qualifier.size();
    }
    complete_ = !text_.substr(next).starts_with("::");
    position_ = next;
  }

  std::string_view text_;
  bool keep_arguments_;
  std::size_t position_ = 0;
  std::string name_;
  bool complete_ = false;
};

/// In one pass: erasing in place moves the rest of a long name each time.
void RemoveAll(std::string& text, std::string_view piece) {
  std::size_t kept = text.find(piece);
  if (kept == std::string::npos) return;
  for (std::size_t at = kept; at < text.size();) {
    if (std::string_view(text).substr(at).starts_with(piece)) {
      at += piece.size();
    } else {
      text[kept++] = text[at++];
    }
  }
  text.resize(kept);
}

bool IsPlain(std::string_view name) { return name.find_first_of("<([{ ") == std::string_view::npos; }

}  // namespace

std::string QualifiedName(std::string_view demangled) {
  if (IsPlain(demangled)) return std::string(demangled);
  std::string name = NameScanner(demangled, true).Scan();
  return name.empty() ? std::string(demangled) : name;
}

std::string BareName(std::string_view name) {
  std::string bare = IsPlain(name) ? std::string(name) : NameScanner(name, false).Scan();
  for (const std::string_view suffix : {".part.", ".isra.", ".constprop.", ".cold", ".lto_priv.", ".llvm."}) {
    if (const std::size_t at = bare.find(suffix); at != std::string::npos && at > 0) bare.resize(at);
  }
  RemoveAll(bare, "__cxx11::");
  if (bare.starts_with("std::__1::")) bare.erase(5, 5);
  while (!bare.empty() && bare.back() == ' ') bare.pop_back();
  return bare.empty() ? std::string(name) : bare;
}

}  // namespace mqtrack::support
