#include "libtrack/profile/formats/text/goroutine_dump.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "libtrack/profile/sample_types.h"
#include "libtrack/support/base_name.h"
#include "libtrack/support/utf8.h"

namespace mqtrack::profile {
namespace {

using support::Result;
using support::ToUtf8;

constexpr std::string_view kCreatedBy = "created by ";
constexpr std::string_view kRoot = "runtime.goexit";  // of every goroutine; only a dying program shows it

// "[select, 124 minutes, locked to thread]" of a goroutine's header.
struct Header {
  std::uint64_t number = 0;  // 0: no goroutine but the scheduler of a thread
  std::string state;
  std::int64_t minutes = 0;
};

std::optional<Header> ParseHeader(std::string_view line) {
  LineScanner scan(line);
  Header header;
  if (!line.starts_with("goroutine ") || !scan.Literal(kGoroutine).Number(header.number).ok()) return std::nullopt;
  // Later versions say more before the bracket ("gp=0xc0000061a0 m=0") and behind it (labels).
  const std::size_t open = scan.rest().find('[');
  if (open == std::string_view::npos || !line.ends_with(':')) return std::nullopt;
  std::string_view inside = scan.rest().substr(open + 1);
  const std::size_t close = inside.find(']');
  if (close == std::string_view::npos) return std::nullopt;
  inside = inside.substr(0, close);
  for (bool first = true; !inside.empty(); first = false) {
    const std::size_t comma = inside.find(", ");
    const std::string_view part = inside.substr(0, comma);
    LineScanner words(part);
    std::int64_t minutes = 0;
    if (first) {
      header.state = ToUtf8(part);
    } else if (words.Number(minutes).Literal("minutes").ok()) {
      header.minutes = minutes;
    }
    inside.remove_prefix(comma == std::string_view::npos ? inside.size() : comma + 2);
  }
  return header;
}

// "main.(*router).dispatch.func1(0x1, {0x2, 0x3})" without the arguments, which hold no parentheses.
std::string_view WithoutArguments(std::string_view call) {
  return call.ends_with(')') ? call.substr(0, call.rfind('(')) : call;
}

struct Place {
  std::string_view file;
  std::int64_t line = 0;
};

// "	/home/u/app/router.go:145 +0x3a8", later versions with "fp=0x... sp=0x..." behind.
std::optional<Place> ParsePlace(std::string_view text) {
  if (!text.starts_with('\t') && !text.starts_with("        ")) return std::nullopt;
  text = LineScanner(text).Spaces().rest();
  if (const std::size_t plus = text.find(" +0x"); plus != std::string_view::npos) text = text.substr(0, plus);
  const std::size_t colon = text.rfind(':');
  Place place;
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  if (!LineScanner(text.substr(colon + 1)).Number(place.line).ok() || place.line < 0) return std::nullopt;
  place.file = text.substr(0, colon);
  return place;
}

class Parser {
 public:
  explicit Parser(LineCursor lines) : lines_(std::move(lines)) {}

  Result<Profile> Parse() {
    const ValueType type = WithUnit(kGoroutine);
    profile_.sample_types = {type};
    profile_.period_type = type;
    profile_.period = 1;
    while (const auto line = lines_.Next()) {
      const std::optional<Header> header = ParseHeader(*line);
      if (!header || header->number == 0) continue;
      const support::Status read = ReadStack(*header);
      if (!read) return read.error();
    }
    return std::move(profile_);
  }

 private:
  support::Status ReadStack(const Header& header) {
    std::vector<LocationId> stack;
    std::string created_by;
    while (const auto line = lines_.Next()) {
      if (LineScanner(*line).AtEnd()) break;
      if (line->starts_with("...")) {  // "...additional frames elided...", in the middle or at the end
        stack.push_back(Intern("[frames left out by Go]", {}));
      } else if (line->starts_with("\tgoroutine running on other thread")) {
        stack.push_back(Intern("[running: Go gives no stack]", {}));
      } else {
        const auto place_line = lines_.Next();
        const std::optional<Place> place = ParsePlace(place_line.value_or(""));
        if (!place) return lines_.Bad("'<tab>file.go:line' below a function", place_line.value_or(""));
        if (line->starts_with(kCreatedBy)) {
          created_by = Creator(*line, *place);
        } else if (const std::string_view name = WithoutArguments(*line); name != kRoot) {
          stack.push_back(Intern(name, *place));
        }
      }
    }
    if (stack.empty()) stack.push_back(Intern("[no stack]", {}));
    if (IsOfTheRuntime(stack)) return {};
    Count(std::move(stack), header, created_by);
    return {};
  }

  // The collector's workers and their like, which only a dying program shows: Go hides them from its profiles.
  [[nodiscard]] bool IsOfTheRuntime(const std::vector<LocationId>& stack) const {
    return std::all_of(stack.begin(), stack.end(), [&](LocationId id) {
      const std::string& name = profile_.function(profile_.location(id).lines[0].function).name;
      return name.starts_with("runtime.") && name != "runtime.main";
    });
  }

  // "main.dispatch router.go:143" of "created by main.dispatch in goroutine 1".
  static std::string Creator(std::string_view line, const Place& place) {
    std::string_view name = line.substr(kCreatedBy.size());
    name = name.substr(0, name.find(" in goroutine "));
    return ToUtf8(std::string(name) + " " + std::string(support::BaseName(place.file)) + ":" +
                  std::to_string(place.line));
  }

  LocationId Intern(std::string_view function, const Place& place) {
    Function named;
    named.name = named.system_name = function;
    named.filename = place.file;
    const std::string key = named.name + '\n' + named.filename;
    const auto [id, is_new] =
        functions_.emplace(key, FunctionId{static_cast<std::uint32_t>(profile_.functions.size())});
    if (is_new) profile_.functions.push_back(std::move(named));
    const auto [entry, is_new_line] = locations_.emplace(
        std::pair(Index(id->second), place.line), LocationId{static_cast<std::uint32_t>(profile_.locations.size())});
    if (is_new_line) profile_.locations.push_back({MappingId::kNone, 0, {{id->second, place.line}}, false});
    return entry->second;
  }

  // Goroutines with the same stack and labels are one sample.
  void Count(std::vector<LocationId> stack, const Header& header, const std::string& created_by) {
    std::vector<Label> labels;
    if (!created_by.empty()) labels.push_back({"created_by", created_by, 0, {}});
    if (!header.state.empty()) labels.push_back({"state", header.state, 0, {}});
    if (header.minutes > 0) labels.push_back({"waiting", {}, header.minutes, "minutes"});
    const auto [entry, is_new] =
        samples_.emplace(std::pair(std::move(stack), std::move(labels)), profile_.samples.size());
    if (is_new) profile_.samples.push_back({entry->first.first, {0}, entry->first.second});
    ++profile_.samples[entry->second].values[0];
  }

  LineCursor lines_;
  Profile profile_;
  std::unordered_map<std::string, FunctionId> functions_;
  std::map<std::pair<std::uint32_t, std::int64_t>, LocationId> locations_;
  std::map<std::pair<std::vector<LocationId>, std::vector<Label>>, std::size_t> samples_;
};

}  // namespace

bool IsGoroutineHeader(std::string_view line) { return ParseHeader(line).has_value(); }

Result<Profile> ParseGoroutineDump(LineCursor lines) { return Parser(std::move(lines)).Parse(); }

}  // namespace mqtrack::profile
