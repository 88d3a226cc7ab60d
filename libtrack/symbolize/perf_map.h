// Names of code that was made at run time, from the text file that just-in-time compilers write for perf
// (tools/perf/Documentation/jit-interface.txt of Linux): a line for each function, "START SIZE NAME", both in hex.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mqtrack::symbolize {

/// What a line's name says, without what differs between tiers of one function.
struct CodeName {
  std::string name;
  std::string file;       // empty: not said
  std::int64_t line = 0;  // where the function begins; 0: not said
  bool operator==(const CodeName&) const = default;
};

/// Takes apart what V8 ("JS:*handle /srv/app.js:10:5", "LazyCompile:~…") and CPython ("py::handle:/srv/app.py") write;
/// other names stay as they are.
[[nodiscard]] CodeName ParseCodeName(std::string_view text);

/// The functions of one file. A later line takes the place of earlier ones that it overlaps, as the code did.
class PerfMap {
 public:
  /// Lines that are no such entries are passed over.
  [[nodiscard]] static PerfMap Parse(std::string_view text);
  /// The function at `address`.
  [[nodiscard]] std::optional<CodeName> Find(std::uint64_t address) const;
  [[nodiscard]] bool empty() const { return entries_.empty(); }

 private:
  struct Entry {
    std::uint64_t start, end;
    std::size_t order;
    std::string name;
  };
  std::vector<Entry> entries_;          // by start, then by order
  std::vector<std::uint64_t> max_end_;  // of the entries up to each
};

}  // namespace mqtrack::symbolize
