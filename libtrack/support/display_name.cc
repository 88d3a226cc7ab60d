#include "libtrack/support/display_name.h"

#include <array>
#include <cctype>
#include <utility>
#include <vector>

#include "libtrack/support/mangled_path.h"

namespace mqtrack::support {
namespace {

constexpr std::string_view kStd = "std::";

bool IsIdentifier(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '$'; }

/// `argument` is `name_and_bracket` + `of` + ">".
bool Wraps(std::string_view argument, std::string_view name_and_bracket, std::string_view of) {
  return argument.size() == name_and_bracket.size() + of.size() + 1 && argument.starts_with(name_and_bracket) &&
         argument.ends_with('>') && argument.substr(name_and_bracket.size(), of.size()) == of;
}

/// What a template `name` takes for its last argument if nobody says otherwise, given its first.
bool IsDefault(std::string_view name, std::string_view first, std::string_view argument) {
  static constexpr std::array<std::string_view, 6> kOfFirst = {
      "std::allocator<", "std::char_traits<", "std::less<", "std::hash<", "std::equal_to<", "std::default_delete<"};
  for (const std::string_view kind : kOfFirst) {
    if (Wraps(argument, kind, first)) return true;
  }
  if (name == "std::stack" || name == "std::queue") return Wraps(argument, "std::deque<", first);
  if (name == "std::priority_queue") return Wraps(argument, "std::vector<", first);
  // Of maps: std::allocator<std::pair<Key const, Value>>.
  return name.starts_with(kStd) && argument.starts_with("std::allocator<std::pair<");
}

/// Copies a name, and whenever a template's arguments end, takes back those that are defaults.
class Shortener {
 public:
  explicit Shortener(std::string_view name) : name_(name) { out_.reserve(name.size()); }

  /// Empty if the brackets of the name do not match: then it is something else.
  std::string Run() {
    while (at_ < name_.size() && matches_) Step();
    return matches_ && open_.empty() ? std::move(out_) : std::string();
  }

 private:
  struct Open {
    char closing;
    bool is_list;                     // of template arguments
    std::size_t begin;                // in out_: of the bracket
    std::vector<std::size_t> starts;  // in out_: of the arguments
  };

  [[nodiscard]] std::string_view Rest() const { return name_.substr(at_); }
  [[nodiscard]] char Before() const { return at_ == 0 ? '\0' : name_[at_ - 1]; }
  [[nodiscard]] char Behind() const { return at_ + 1 < name_.size() ? name_[at_ + 1] : '\0'; }

  [[nodiscard]] bool InParentheses() const { return !open_.empty() && open_.back().closing == ')'; }

  void Copy(std::size_t count) {
    out_ += name_.substr(at_, count);
    at_ += count;
  }

  void Step() {
    const char c = name_[at_];
    if (c == 'o' && Rest().starts_with("operator") && !IsIdentifier(Before())) return CopyOperator();
    if (c == '_' && out_.ends_with(kStd)) {
      for (const std::string_view hidden : {"__cxx11::", "__1::", "__2::"}) {
        if (!Rest().starts_with(hidden)) continue;
        at_ += hidden.size();
        return;
      }
    }
    switch (c) {
      case '<':
        return OpenAngle();
      case '(':
        return Push(')');
      case '{':
        return Push('}');
      case '[':
        if (Rest().starts_with("[abi:")) {
          const std::size_t end = name_.find(']', at_);
          at_ = end == std::string_view::npos ? name_.size() : end + 1;
          return;
        }
        return Push(']');
      case '>':
        if (Before() == '-' || InParentheses()) return Copy(1);  // an arrow, or a comparison
        return Close();
      case ')':
      case '}':
      case ']':
        return Close();
      case ',':
        return Comma();
      default:
        return Copy(1);
    }
  }

  /// Signs of operators are no brackets.
  void CopyOperator() {
    constexpr std::size_t kWord = 8;
    std::size_t end = at_ + kWord;
    if (end < name_.size() && !IsIdentifier(name_[end])) {
      if (Rest().substr(kWord).starts_with("()") || Rest().substr(kWord).starts_with("[]")) {
        end += 2;
      } else {
        constexpr std::string_view kSigns = "<>=-+*/%!&|^~,";
        constexpr std::size_t kLongest = 3;  // <=>, <<=, ->*
        const std::size_t longest = end + kLongest;
        while (end < name_.size() && end < longest && kSigns.find(name_[end]) != std::string_view::npos &&
               !(name_[end] == '<' && end > at_ + kWord && name_[end - 1] != '<')) {
          ++end;
        }
      }
    }
    Copy(end - at_);
  }

  void OpenAngle() {
    if (InParentheses() && !IsIdentifier(Before())) return Copy(1);  // a comparison
    const bool is_list = IsIdentifier(Before());
    Push('>');
    open_.back().is_list = is_list;
    open_.back().starts.push_back(out_.size());
  }

  void Push(char closing) {
    open_.push_back({closing, false, out_.size(), {}});
    Copy(1);
  }

  void Comma() {
    Copy(1);
    if (open_.empty() || !open_.back().is_list) return;
    while (at_ < name_.size() && name_[at_] == ' ') ++at_;
    out_ += ' ';
    open_.back().starts.push_back(out_.size());
  }

  void Close() {
    if (open_.empty() || open_.back().closing != name_[at_]) {
      matches_ = open_.empty() && name_[at_] == '>';  // such as an arrow of other languages
      return Copy(1);
    }
    const Open open = std::move(open_.back());
    open_.pop_back();
    if (open.is_list) return CloseList(open);
    Copy(1);
  }

  void CloseList(const Open& open) {
    while (out_.size() > open.starts.back() && out_.ends_with(' ')) out_.pop_back();
    std::size_t name_at = open.begin;
    while (name_at > 0 && (IsIdentifier(out_[name_at - 1]) || out_[name_at - 1] == ':')) --name_at;
    const std::size_t left = DropDefaults(open, name_at);
    constexpr std::string_view kBasic = "std::basic_";
    const std::string_view written = std::string_view(out_).substr(name_at);
    std::string short_name;
    if (left == 1 && written.starts_with(kBasic)) {
      const std::size_t bracket = open.begin - name_at;
      const std::string_view of = written.substr(bracket + 1);
      const std::string_view kind = written.substr(kBasic.size(), bracket - kBasic.size());
      if (of == "char") short_name = std::string(kStd) + std::string(kind);
      if (of == "wchar_t") short_name = std::string(kStd) + "w" + std::string(kind);
    }
    if (short_name.empty()) return Copy(1);
    out_.resize(name_at);
    out_ += short_name;
    ++at_;
  }

  /// How many arguments are left of the list.
  std::size_t DropDefaults(const Open& open, std::size_t name_at) {
    std::size_t left = open.starts.size();
    if (left < 2) return left;
    constexpr std::size_t kBetween = 2;  // ", "
    const std::string_view out = out_;
    const std::string_view name = out.substr(name_at, open.begin - name_at);
    const std::string_view first = out.substr(open.starts[0], open.starts[1] - kBetween - open.starts[0]);
    std::size_t end = out.size();
    while (left > 1 && IsDefault(name, first, out.substr(open.starts[left - 1], end - open.starts[left - 1]))) {
      --left;
      end = open.starts[left] - kBetween;
    }
    out_.resize(end);
    return left;
  }

  std::string_view name_;
  std::size_t at_ = 0;
  std::string out_;
  std::vector<Open> open_;
  bool matches_ = true;
};

}  // namespace

std::string DisplayName(std::string_view name) {
  if (name.starts_with("_Z")) return MangledPath(name);
  if (name.find_first_of("<[") == std::string_view::npos && name.find("std::__") == std::string_view::npos) {
    return std::string(name);
  }
  std::string shown = Shortener(name).Run();
  return shown.empty() ? std::string(name) : shown;
}

}  // namespace mqtrack::support
