// Profile to gzipped profile.proto. Readers differ in what they forgive, so this writes what all of them want: ids 1..N
// in order (Parca), the empty string first (Go), lines on every location (pprof's flame graph), a stack on every sample
// (pprof hides samples without one), a period type (pprof refuses to diff without), valid UTF-8 (Pyroscope).
#include "libtrack/profile/formats/pprof_encode.h"

#include <charconv>
#include <deque>
#include <protozero/pbf_writer.hpp>
#include <unordered_map>
#include <vector>

#include "libtrack/profile/formats/pprof_fields.h"
#include "libtrack/profile/location_name.h"
#include "libtrack/support/gzip.h"
#include "libtrack/support/utf8.h"

namespace mqtrack::profile {
namespace {

using protozero::pbf_writer;

constexpr std::string_view kNoStack = "[no stack recorded]";

// Numbers strings in order of first use.
class StringTable {
 public:
  StringTable() { Index(""); }

  std::int64_t Index(std::string_view text) {
    const auto found = index_.find(text);
    if (found != index_.end()) return found->second;
    if (!support::IsUtf8(text)) return Index(support::ToUtf8(text));
    const auto index = static_cast<std::int64_t>(strings_.size());
    index_.emplace(strings_.emplace_back(text), index);
    return index;
  }
  [[nodiscard]] const std::deque<std::string>& strings() const { return strings_; }

 private:
  std::deque<std::string> strings_;  // a deque, since the index points into it
  std::unordered_map<std::string_view, std::int64_t> index_;
};

void AddNumber(pbf_writer& message, protozero::pbf_tag_type tag, std::int64_t value) {
  if (value != 0) message.add_int64(tag, value);
}
void AddUnsigned(pbf_writer& message, protozero::pbf_tag_type tag, std::uint64_t value) {
  if (value != 0) message.add_uint64(tag, value);
}
void AddFlag(pbf_writer& message, protozero::pbf_tag_type tag, bool value) {
  if (value) message.add_bool(tag, true);
}

class Encoder {
 public:
  explicit Encoder(const Profile& profile) : profile_(profile), out_(buffer_) {}

  std::string Encode() {
    for (const ValueType& type : profile_.sample_types) AddValueType(field::kProfileSampleType, type);
    for (const Sample& sample : profile_.samples) AddSample(sample);
    for (std::size_t i = 0; i < profile_.mappings.size(); ++i) AddMapping(i + 1, profile_.mappings[i]);
    for (std::size_t i = 0; i < profile_.locations.size(); ++i) AddLocation(i + 1, profile_.locations[i]);
    if (needs_no_stack_) AddNoStackLocation();
    for (std::size_t i = 0; i < profile_.functions.size(); ++i) AddFunction(i + 1, profile_.functions[i]);
    for (const std::string& name : made_up_) AddFunction(++function_count_, {name, name, "", 0});
    AddHeader();
    for (const std::string& text : strings_.strings()) out_.add_string(field::kProfileStringTable, text);
    return std::move(buffer_);
  }

 private:
  void AddValueType(protozero::pbf_tag_type tag, const ValueType& type) {
    pbf_writer message(out_, tag);
    AddNumber(message, field::kValueTypeType, strings_.Index(type.type));
    AddNumber(message, field::kValueTypeUnit, strings_.Index(type.unit));
  }

  void AddSample(const Sample& sample) {
    pbf_writer message(out_, field::kProfileSample);
    ids_.clear();
    for (const LocationId id : sample.locations) ids_.push_back(std::uint64_t{Index(id)} + 1);
    if (ids_.empty()) {
      needs_no_stack_ = true;
      ids_.push_back(profile_.locations.size() + 1);
    }
    message.add_packed_uint64(field::kSampleLocationId, ids_.begin(), ids_.end());
    message.add_packed_int64(field::kSampleValue, sample.values.begin(), sample.values.end());
    for (const Label& label : sample.labels) AddLabel(message, label);
  }

  void AddLabel(pbf_writer& sample, const Label& label) {
    pbf_writer message(sample, field::kSampleLabel);
    AddNumber(message, field::kLabelKey, strings_.Index(label.key));
    if (!label.str.empty()) {
      AddNumber(message, field::kLabelStr, strings_.Index(label.str));
      return;
    }
    AddNumber(message, field::kLabelNum, label.num);
    // Readers drop a label whose number, string and unit are all zero. pprof takes the key for a missing unit, so
    // spelling that out changes nothing but keeps a zero, such as generation 0.
    const bool lost_otherwise = label.num == 0 && label.num_unit.empty();
    AddNumber(message, field::kLabelNumUnit, strings_.Index(lost_otherwise ? label.key : label.num_unit));
  }

  void AddMapping(std::uint64_t id, const Mapping& mapping) {
    pbf_writer message(out_, field::kProfileMapping);
    message.add_uint64(field::kMappingId, id);
    AddUnsigned(message, field::kMappingStart, mapping.start);
    AddUnsigned(message, field::kMappingLimit, mapping.limit);
    AddUnsigned(message, field::kMappingOffset, mapping.offset);
    AddNumber(message, field::kMappingFile, strings_.Index(mapping.file));
    AddNumber(message, field::kMappingBuildId, strings_.Index(mapping.build_id));
    AddFlag(message, field::kMappingHasFunctions, mapping.has_functions);
    AddFlag(message, field::kMappingHasFilenames, mapping.has_filenames);
    AddFlag(message, field::kMappingHasLineNumbers, mapping.has_line_numbers);
    AddFlag(message, field::kMappingHasInlineFrames, mapping.has_inline_frames);
  }

  void AddLocation(std::uint64_t id, const Location& location) {
    pbf_writer message(out_, field::kProfileLocation);
    message.add_uint64(field::kLocationId, id);
    if (location.mapping != MappingId::kNone) {
      message.add_uint64(field::kLocationMappingId, std::uint64_t{Index(location.mapping)} + 1);
    }
    AddUnsigned(message, field::kLocationAddress, location.address);
    for (const Line& line : location.lines) AddLine(message, std::uint64_t{Index(line.function)} + 1, line.line);
    if (location.lines.empty()) AddLine(message, MadeUpFunction(UnsymbolizedName(profile_, location)), 0);
    AddFlag(message, field::kLocationIsFolded, location.folded);
  }

  void AddNoStackLocation() {
    pbf_writer message(out_, field::kProfileLocation);
    message.add_uint64(field::kLocationId, profile_.locations.size() + 1);
    AddLine(message, MadeUpFunction(std::string(kNoStack)), 0);
  }

  static void AddLine(pbf_writer& location, std::uint64_t function_id, std::int64_t line) {
    pbf_writer message(location, field::kLocationLine);
    message.add_uint64(field::kLineFunctionId, function_id);
    AddNumber(message, field::kLineLine, line);
  }

  // The id of a function that stands for an address without a name.
  std::uint64_t MadeUpFunction(std::string name) {
    const auto [entry, is_new] = made_up_ids_.emplace(std::move(name), profile_.functions.size() + made_up_.size() + 1);
    if (is_new) made_up_.push_back(entry->first);
    return entry->second;
  }

  void AddFunction(std::uint64_t id, const Function& function) {
    function_count_ = id;
    pbf_writer message(out_, field::kProfileFunction);
    message.add_uint64(field::kFunctionId, id);
    AddNumber(message, field::kFunctionName, strings_.Index(function.name));
    AddNumber(message, field::kFunctionSystemName, strings_.Index(function.system_name));
    AddNumber(message, field::kFunctionFilename, strings_.Index(function.filename));
    AddNumber(message, field::kFunctionStartLine, function.start_line);
  }

  void AddHeader() {
    AddNumber(out_, field::kProfileDropFrames, strings_.Index(profile_.drop_frames));
    AddNumber(out_, field::kProfileKeepFrames, strings_.Index(profile_.keep_frames));
    AddNumber(out_, field::kProfileTimeNanos, profile_.time_nanos);
    AddNumber(out_, field::kProfileDurationNanos, profile_.duration_nanos);
    const ValueType& period_type = profile_.period_type;
    AddValueType(field::kProfilePeriodType, period_type.type.empty() ? ValueType{"space", "bytes"} : period_type);
    AddNumber(out_, field::kProfilePeriod, profile_.period);
    std::vector<std::int64_t> comments;
    for (const std::string& comment : profile_.comments) comments.push_back(strings_.Index(comment));
    if (!comments.empty()) out_.add_packed_int64(field::kProfileComment, comments.begin(), comments.end());
    AddNumber(out_, field::kProfileDefaultSampleType, strings_.Index(profile_.default_sample_type));
    AddNumber(out_, field::kProfileDocUrl, strings_.Index(profile_.doc_url));
  }

  const Profile& profile_;
  std::string buffer_;
  pbf_writer out_;
  StringTable strings_;
  std::vector<std::uint64_t> ids_;
  bool needs_no_stack_ = false;
  std::uint64_t function_count_ = 0;
  std::vector<std::string> made_up_;
  std::unordered_map<std::string, std::uint64_t> made_up_ids_;
};

}  // namespace

std::string EncodePprofMessage(const Profile& profile) { return Encoder(profile).Encode(); }

std::string EncodePprof(const Profile& profile) { return support::Gzip(EncodePprofMessage(profile)); }

}  // namespace mqtrack::profile
