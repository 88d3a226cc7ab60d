#include "libtrack/heapgraph/capture/saved_facts.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "libtrack/corefile/core_file.h"

namespace mqtrack::heapgraph {
namespace {

using procfs::MemoryMapping;
using support::Error;
using support::ErrorCode;
using support::Result;

constexpr std::string_view kFirstLine = "mqtrack-memory 1";

void AddNumber(std::string& text, std::uint64_t value) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, value, 16).ptr;
  (text += ' ').append(digits, end);
}

/// Line breaks would end it.
void AddText(std::string& text, std::string_view more) {
  text += ' ';
  for (const char c : more) {
    if (c == '\n') {
      text += "\\n";
    } else {
      text += c == '\\' ? "\\\\" : std::string(1, c);
    }
  }
}

std::string Unescaped(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_escape = text[i] == '\\' && i + 1 < text.size();
    if (is_escape) ++i;
    plain += is_escape && text[i] == 'n' ? '\n' : text[i];
  }
  return plain;
}

/// Flags of a mapping in the order of their letters.
constexpr std::string_view kFlagLetters = "rwxscfdu";
std::string FlagsOf(const MemoryMapping& m) {
  const bool flags[] = {m.readable,           m.writable,  m.executable,          m.shared, m.is_left_out_of_copies,
                        m.is_wiped_in_copies, m.is_device, m.is_filled_by_process};
  std::string text;
  for (std::size_t i = 0; i < kFlagLetters.size(); ++i) text += flags[i] ? kFlagLetters[i] : '-';
  return text;
}
void TakeFlags(std::string_view text, MemoryMapping& m) {
  bool* const flags[] = {
      &m.readable,           &m.writable,  &m.executable,          &m.shared, &m.is_left_out_of_copies,
      &m.is_wiped_in_copies, &m.is_device, &m.is_filled_by_process};
  for (std::size_t i = 0; i < std::min(kFlagLetters.size(), text.size()); ++i) *flags[i] = text[i] == kFlagLetters[i];
}

/// The words of one line.
class Words {
 public:
  explicit Words(std::string_view line) : rest_(line) {}
  std::string_view Next() {
    const std::size_t end = std::min(rest_.find(' '), rest_.size());
    const std::string_view word = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    return word;
  }
  std::uint64_t Number() {
    const std::string_view word = Next();
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value, 16);
    is_good_ = is_good_ && error == std::errc() && end == word.data() + word.size();
    return value;
  }
  std::string Rest() { return Unescaped(std::exchange(rest_, {})); }
  [[nodiscard]] bool good() const { return is_good_; }

 private:
  std::string_view rest_;
  bool is_good_ = true;
};

bool TakeRange(Words& words, std::vector<AddressRange>& ranges) {
  AddressRange range;
  range.start = words.Number();
  range.end = words.Number();
  if (!words.good() || range.start >= range.end || (!ranges.empty() && range.start < ranges.back().end)) return false;
  ranges.push_back(range);
  return true;
}

bool TakeMapping(Words& words, std::vector<MemoryMapping>& mappings) {
  MemoryMapping mapping;
  mapping.start = words.Number();
  mapping.end = words.Number();
  mapping.offset = words.Number();
  mapping.inode = words.Number();
  mapping.resident_bytes = words.Number();
  mapping.own_bytes = words.Number();
  TakeFlags(words.Next(), mapping);
  mapping.path = words.Rest();
  const bool is_in_order = mappings.empty() || mapping.start >= mappings.back().end;
  if (!words.good() || mapping.start >= mapping.end || !is_in_order ||
      mapping.end - mapping.start > corefile::kMostMappingBytes)
    return false;
  mappings.push_back(std::move(mapping));
  return true;
}

/// False if the line is damaged. A word that is not known is of a later version that means the same otherwise.
bool TakeLine(std::string_view line, SavedFacts& facts) {
  Words words(line);
  const std::string_view what = words.Next();
  if (what == "show") return TakeRange(words, facts.shown);
  if (what == "miss") return TakeRange(words, facts.missing);
  if (what == "map") return TakeMapping(words, facts.mappings);
  if (what == "process") facts.process = words.Rest();
  if (what == "stood") facts.stood_still_nanos = static_cast<std::int64_t>(words.Number());
  if (what == "cloned") facts.cloned = words.Number() != 0;
  if (what == "why") facts.why_not_cloned = words.Rest();
  if (what == "left") facts.not_copied = words.Number();
  if (what == "log") facts.log_inode = words.Number();
  if (what == "kernel") facts.kernel_words.push_back(words.Number());
  if (what == "thread") {
    const auto tid = static_cast<pid_t>(words.Number());
    facts.thread_names.emplace_back(tid, words.Rest());
  }
  return words.good();
}

}  // namespace

std::string EncodeSavedFacts(const SavedFacts& facts) {
  std::string text(kFirstLine);
  const auto line = [&](std::string_view what) { (text += '\n') += what; };
  line("process"), AddText(text, facts.process);
  line("stood"), AddNumber(text, static_cast<std::uint64_t>(facts.stood_still_nanos));
  line("cloned"), AddNumber(text, facts.cloned ? 1 : 0);
  line("why"), AddText(text, facts.why_not_cloned);
  line("left"), AddNumber(text, facts.not_copied);
  line("log"), AddNumber(text, facts.log_inode);
  for (const std::uint64_t word : facts.kernel_words) line("kernel"), AddNumber(text, word);
  for (const auto& [tid, name] : facts.thread_names) {
    line("thread"), AddNumber(text, static_cast<std::uint64_t>(tid));
    AddText(text, name);
  }
  for (const MemoryMapping& mapping : facts.mappings) {
    line("map");
    for (const std::uint64_t value :
         {mapping.start, mapping.end, mapping.offset, mapping.inode, mapping.resident_bytes, mapping.own_bytes})
      AddNumber(text, value);
    (text += ' ') += FlagsOf(mapping);
    AddText(text, mapping.path);
  }
  for (const AddressRange& range : facts.shown) line("show"), AddNumber(text, range.start), AddNumber(text, range.end);
  for (const AddressRange& range : facts.missing)
    line("miss"), AddNumber(text, range.start), AddNumber(text, range.end);
  return text += '\n';
}

Result<SavedFacts> DecodeSavedFacts(std::string_view text, const std::string& where) {
  if (!text.starts_with(kFirstLine) || text.substr(kFirstLine.size()).find('\n') != 0) {
    return Error{ErrorCode::kCannotMeasure,
                 "was saved by another version of mqtrack, whose description of it is not known here", where};
  }
  SavedFacts facts;
  std::size_t number = 1;
  for (std::size_t at = kFirstLine.size() + 1; at < text.size(); ++number) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    if (!TakeLine(text.substr(at, end - at), facts)) {
      return Error{ErrorCode::kBadInput,
                   "damaged core file: line " + std::to_string(number + 1) + " of mqtrack's own note makes no sense",
                   where};
    }
    at = end + 1;
  }
  return facts;
}

}  // namespace mqtrack::heapgraph
