// The one model: a pprof profile in memory. Every producer (our recorder, Go, gperftools, jemalloc) becomes one of
// these, and every command works on it. Field meanings follow google/pprof proto/profile.proto.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mqtrack::profile {

/// Indices into the vectors of one Profile, zero-based (the codec adds 1 on disk). Distinct types, so they do not mix.
enum class FunctionId : std::uint32_t {};
enum class LocationId : std::uint32_t {};
enum class MappingId : std::uint32_t { kNone = 0xffffffff };

constexpr std::uint32_t Index(FunctionId id) { return static_cast<std::uint32_t>(id); }
constexpr std::uint32_t Index(LocationId id) { return static_cast<std::uint32_t>(id); }
constexpr std::uint32_t Index(MappingId id) { return static_cast<std::uint32_t>(id); }

/// What a value counts, e.g. {"inuse_space", "bytes"}.
struct ValueType {
  std::string type;
  std::string unit;
  bool operator==(const ValueType&) const = default;
};

/// A file mapped into the process. mappings[0] is the main program.
struct Mapping {
  std::uint64_t start = 0, limit = 0, offset = 0;
  std::string file;
  std::string build_id;  // lower-case hex
  bool has_functions = false, has_filenames = false, has_line_numbers = false, has_inline_frames = false;
};

struct Function {
  std::string name;         // demangled
  std::string system_name;  // as in the symbol table
  std::string filename;
  std::int64_t start_line = 0;
  bool operator==(const Function&) const = default;
};

struct Line {
  FunctionId function{};
  std::int64_t line = 0;
  bool operator==(const Line&) const = default;
};

/// A code address. lines[0] is the innermost inlined function, the last one the function that physically is there.
struct Location {
  MappingId mapping = MappingId::kNone;
  std::uint64_t address = 0;  // inside the call instruction, not the return address
  std::vector<Line> lines;    // empty: not symbolized
  bool folded = false;
  bool operator==(const Location&) const = default;
};

/// Part of a sample's identity. Either `str`, or `num` with `num_unit`.
struct Label {
  std::string key;
  std::string str;
  std::int64_t num = 0;
  std::string num_unit;
  bool operator==(const Label&) const = default;
  auto operator<=>(const Label&) const = default;
};

/// One stack with its values.
struct Sample {
  std::vector<LocationId> locations;  // leaf first
  std::vector<std::int64_t> values;   // one per Profile::sample_types
  std::vector<Label> labels;          // sorted by key
};

/// Plain data; no invariants beyond valid ids, which Validate (formats/validate.h) checks for anything that comes from
/// outside. Not thread-safe; copyable.
struct Profile {
  std::vector<ValueType> sample_types;
  std::vector<Sample> samples;
  std::vector<Mapping> mappings;
  std::vector<Location> locations;
  std::vector<Function> functions;
  std::string drop_frames, keep_frames;
  std::int64_t time_nanos = 0, duration_nanos = 0;
  ValueType period_type;
  std::int64_t period = 0;
  std::vector<std::string> comments;
  std::string default_sample_type;
  std::string doc_url;

  [[nodiscard]] const Function& function(FunctionId id) const { return functions[Index(id)]; }
  [[nodiscard]] const Location& location(LocationId id) const { return locations[Index(id)]; }
};

}  // namespace mqtrack::profile
