#include "libtrack/support/mangled_path.h"

#include <array>
#include <cctype>
#include <utility>

namespace mqtrack::support {
namespace {

constexpr std::string_view kLeftOut = "<...>";
constexpr int kDeepest = 1000;  // nested constructs; real names stay far below

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

constexpr std::array<std::pair<std::string_view, std::string_view>, 47> kOperators = {{
    {"nw", " new"}, {"na", " new[]"}, {"dl", " delete"}, {"da", " delete[]"}, {"ps", "+"},  {"ng", "-"},  {"ad", "&"},
    {"de", "*"},    {"co", "~"},      {"pl", "+"},       {"mi", "-"},         {"ml", "*"},  {"dv", "/"},  {"rm", "%"},
    {"an", "&"},    {"or", "|"},      {"eo", "^"},       {"aS", "="},         {"pL", "+="}, {"mI", "-="}, {"mL", "*="},
    {"dV", "/="},   {"rM", "%="},     {"aN", "&="},      {"oR", "|="},        {"eO", "^="}, {"ls", "<<"}, {"rs", ">>"},
    {"lS", "<<="},  {"rS", ">>="},    {"eq", "=="},      {"ne", "!="},        {"lt", "<"},  {"gt", ">"},  {"le", "<="},
    {"ge", ">="},   {"ss", "<=>"},    {"nt", "!"},       {"aa", "&&"},        {"oo", "||"}, {"pp", "++"}, {"mm", "--"},
    {"cm", ","},    {"pm", "->*"},    {"pt", "->"},      {"cl", "()"},        {"ix", "[]"},
}};
constexpr std::array<std::pair<char, std::string_view>, 7> kStandard = {{{'t', "std"},
                                                                         {'a', "std::allocator"},
                                                                         {'b', "std::basic_string"},
                                                                         {'s', "std::string"},
                                                                         {'i', "std::istream"},
                                                                         {'o', "std::ostream"},
                                                                         {'d', "std::iostream"}}};

/// Reads a symbol from its start. Each reader consumes what it understands and is false where it does not.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  /// A function's or object's name, into path_. What follows, its parameters, is not read.
  bool Name() {
    const Nesting nesting(*this);
    if (nesting.too_deep) return false;
    if (Take('N')) return Nested();
    if (Take('Z')) return Local();
    if (Peek() == 'S') {
      if (!Substitution()) return false;
      if (IsDigit(Peek()) && !Piece()) return false;
    } else if (!Piece()) {
      return false;
    }
    return Peek() != 'I' || Arguments();
  }

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  struct Nesting {
    explicit Nesting(Reader& reader) : of(reader), too_deep(++reader.depth_ > kDeepest) {}
    ~Nesting() { --of.depth_; }
    Nesting(const Nesting&) = delete;
    Nesting& operator=(const Nesting&) = delete;
    Reader& of;
    bool too_deep;
  };

  [[nodiscard]] char Peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  bool Take(char c) {
    if (Peek() != c) return false;
    ++at_;
    return true;
  }
  void TakeAll(std::string_view any) {
    while (Peek() != '\0' && any.find(Peek()) != std::string_view::npos) ++at_;
  }
  void Write(std::string_view piece) {
    if (silent_ > 0) return;
    last_ = piece;
    if (!path_.empty()) path_ += "::";
    path_ += piece;
  }

  /// "_", "0_", "Z_": the end of a substitution or parameter.
  bool Sequence() {
    while (std::isalnum(static_cast<unsigned char>(Peek())) != 0) ++at_;
    return Take('_');
  }

  bool Substitution() {
    ++at_;  // S
    for (const auto& [letter, name] : kStandard) {
      if (Peek() != letter) continue;
      ++at_;
      Write(name);
      return true;
    }
    if (!Sequence()) return false;
    Write("...");  // a name that was there before, such as the class of a friend
    return true;
  }

  bool SourceName(std::string_view& name) {
    std::size_t length = 0;
    while (IsDigit(Peek()) && length < text_.size())
      length = length * 10 + static_cast<std::size_t>(text_[at_++] - '0');
    if (length == 0 || length > text_.size() - at_) return false;
    name = text_.substr(at_, length);
    at_ += length;
    if (name.starts_with("_GLOBAL__N")) name = "(anonymous namespace)";
    return true;
  }

  /// One name of a path: an identifier, operator, constructor, lambda; with its ABI tags.
  bool Piece() {
    Take('L');  // internal linkage
    std::string_view name;
    if (IsDigit(Peek())) {
      if (!SourceName(name)) return false;
      Write(name);
    } else if (Peek() == 'C' && IsDigit(Peek(1))) {
      at_ += 2;
      Write(std::string(last_));
    } else if (Peek() == 'D' && IsDigit(Peek(1))) {
      at_ += 2;
      Write("~" + std::string(last_));
    } else if (Peek() == 'U') {
      if (!Unnamed()) return false;
    } else if (!Operator()) {
      return false;
    }
    while (Take('B')) {
      if (!SourceName(name)) return false;
    }
    return true;
  }

  bool Unnamed() {
    ++at_;  // U
    if (Take('t')) {
      Write("{unnamed type}");
    } else if (Take('l')) {
      while (!Take('E')) {
        if (!SkipType()) return false;
      }
      Write("{lambda}");
    } else {
      return false;
    }
    while (IsDigit(Peek())) ++at_;
    return Take('_');
  }

  bool Operator() {
    for (const auto& [code, sign] : kOperators) {
      if (text_.substr(at_, 2) != code) continue;
      at_ += 2;
      Write("operator" + std::string(sign));
      return true;
    }
    if (text_.substr(at_, 2) != "cv") return false;
    at_ += 2;
    if (!SkipType()) return false;
    Write("operator (conversion)");
    return true;
  }

  bool Nested() {
    TakeAll("rVK");
    TakeAll("RO");
    while (!Take('E')) {
      const bool read = Peek() == 'S'                      ? Substitution()
                        : Peek() == 'I'                    ? Arguments()
                        : Peek() == 'T' && Peek(1) != '\0' ? Parameter()
                                                           : (Take('M') || Piece());
      if (!read) return false;
    }
    return true;
  }

  bool Parameter() {
    ++at_;  // T
    if (!Sequence()) return false;
    Write("T");
    return true;
  }

  /// "Z <function> E <what is in it>".
  bool Local() {
    if (!Name()) return false;
    while (!Take('E')) {
      if (!SkipType()) return false;
    }
    if (Take('s')) return true;  // a string in it
    return Name();
  }

  bool Arguments() {
    ++at_;  // I
    ++silent_;
    bool read = true;
    while (read && !Take('E')) read = SkipArgument();
    --silent_;
    if (read && silent_ == 0) path_ += kLeftOut;
    return read;
  }

  bool SkipArgument() {
    const Nesting nesting(*this);
    if (nesting.too_deep) return false;
    if (Take('J')) {
      while (!Take('E')) {
        if (!SkipArgument()) return false;
      }
      return true;
    }
    if (Take('L')) return SkipLiteral();
    if (Peek() == 'X') return false;  // an expression: not understood
    return SkipType();
  }

  bool SkipLiteral() {
    if (Peek() == '_' && Peek(1) == 'Z') {
      at_ += 2;
      ++silent_;
      bool read = Name();
      while (read && !Take('E')) read = SkipType();
      --silent_;
      return read;
    }
    if (!SkipType()) return false;
    while (Peek() != 'E' && Peek() != '\0') ++at_;
    return Take('E');
  }

  bool SkipType() {
    const Nesting nesting(*this);
    if (nesting.too_deep) return false;
    TakeAll("PROKVCG");
    const char c = Peek();
    if (c == 'S' || c == 'N' || c == 'Z' || IsDigit(c)) {
      ++silent_;
      const bool read = Name();
      --silent_;
      return read;
    }
    if (c == '\0' || c == 'E') return false;
    ++at_;
    switch (c) {
      case 'D':
        return SkipLongType();
      case 'F':
        Take('Y');
        while (!Take('E')) {
          if (!SkipType()) return false;
          TakeAll("RO");
        }
        return true;
      case 'A':
        while (IsDigit(Peek())) ++at_;
        return Take('_') && SkipType();
      case 'M':
        return SkipType() && SkipType();
      case 'T':
        if (!Sequence()) return false;
        return Peek() != 'I' || Arguments();
      case 'u': {
        std::string_view name;
        return SourceName(name);
      }
      default:
        return c >= 'a' && c <= 'z';
    }
  }

  /// Types of two letters.
  bool SkipLongType() {
    const char c = Peek();
    ++at_;
    if (c == 'p') return SkipType();                      // a pack
    if (c == 'o') return SkipType();                      // noexcept, before a function
    return c != 't' && c != 'T' && c >= 'a' && c <= 'z';  // else decltype of an expression
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string path_;
  std::string last_;
  int silent_ = 0;  // inside of template arguments nothing is written
  int depth_ = 0;
};

}  // namespace

std::string MangledPath(std::string_view symbol) {
  constexpr std::string_view kStart = "_Z";
  if (!symbol.starts_with(kStart)) return std::string(symbol);
  Reader reader(symbol.substr(kStart.size()));
  const bool whole = reader.Name();
  if (reader.path().empty()) return std::string(symbol);
  return whole ? reader.path() : reader.path() + "...";
}

}  // namespace mqtrack::support
