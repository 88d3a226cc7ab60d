// profile.proto to Profile. Two passes: protobuf allows any field order, and every message refers to the string table,
// so the first pass only finds the messages and the second one reads them, tables before those who refer to them.
//
// The bytes are hostile. protozero checks every length against its buffer and throws; everything thrown is caught here.
// What protozero does not check is checked here: wire types, ids, indices, and how much memory a small input can ask
// for (a string used by a million functions is on the wire once and would be in memory a million times).
#include <algorithm>
#include <limits>
#include <protozero/exception.hpp>
#include <protozero/pbf_reader.hpp>
#include <unordered_map>

#include "libtrack/profile/codec.h"
#include "libtrack/profile/pprof_fields.h"
#include "libtrack/support/gzip.h"

namespace mqtrack::profile {
namespace {

using protozero::data_view;
using protozero::pbf_reader;
using protozero::pbf_wire_type;
using support::Error;
using support::ErrorCode;

constexpr std::size_t kMaxEntries = std::size_t{1} << 25;  // of one kind; a real snapshot has some 100,000
constexpr std::size_t kMaxSampleTypes = 256;
constexpr std::uint64_t kStringBytesPerInputByte = 64;
constexpr std::uint64_t kMinStringBudget = std::uint64_t{64} << 20;

// Thrown inside this file only: where in the message what is wrong.
struct Malformed {
  const char* at;
  std::string text;
};

// ids 1..N in order, which nearly every writer gives, need no table.
class IdTable {
 public:
  explicit IdTable(const char* kind) : kind_(kind) {}

  void Add(std::uint64_t id, const char* at) {
    if (id == 0) throw Malformed{at, std::string(kind_) + " id 0 is not allowed"};
    if (sparse_.empty() && id == count_ + 1) {
      ++count_;
      return;
    }
    if (sparse_.empty()) {
      for (std::uint32_t i = 0; i < count_; ++i) sparse_.emplace(i + 1, i);
    }
    if (!sparse_.emplace(id, count_).second) {
      throw Malformed{at, std::string(kind_) + " id " + std::to_string(id) + " appears twice"};
    }
    ++count_;
  }

  [[nodiscard]] std::uint32_t Find(std::uint64_t id, const char* at) const {
    if (sparse_.empty() && id >= 1 && id <= count_) return static_cast<std::uint32_t>(id - 1);
    const auto found = sparse_.find(id);
    if (found != sparse_.end()) return found->second;
    throw Malformed{at, "there is no " + std::string(kind_) + " with id " + std::to_string(id)};
  }

 private:
  const char* kind_;
  std::uint32_t count_ = 0;
  std::unordered_map<std::uint64_t, std::uint32_t> sparse_;  // empty as long as ids are 1..N in order
};

class Decoder {
 public:
  Decoder(std::string_view bytes, std::uint64_t limit_bytes)
      : bytes_(bytes),
        string_budget_(std::min(limit_bytes, kMinStringBudget + bytes.size() * kStringBytesPerInputByte)) {}

  Profile Decode();

 private:
  void FindMessages();
  void TopLevelNumber(pbf_reader& message);
  void ReadHeader();
  void ReadMapping(data_view view);
  void ReadFunction(data_view view);
  void ReadLocation(data_view view);
  void ReadSample(data_view view);
  [[nodiscard]] ValueType ReadValueType(data_view view);
  void ReadLine(data_view view, Location& location);
  void ReadLabel(data_view view, Sample& sample);

  // A field of these two shapes, or an error that says where.
  static std::uint64_t Number(pbf_reader& message);
  static data_view View(pbf_reader& message);
  // A repeated integer, packed or not: both are on the wire in the wild.
  template <typename Add>
  static void Numbers(pbf_reader& message, Add add);

  static void Collect(std::vector<data_view>& list, pbf_reader& message) {
    if (list.size() == kMaxEntries) throw Malformed{message.data().data(), "more than 33,554,432 entries of one kind"};
    list.push_back(View(message));
  }
  [[nodiscard]] std::string String(std::uint64_t index, const char* at);

  std::string_view bytes_;
  std::uint64_t string_budget_;
  std::vector<data_view> sample_types_, samples_, mappings_, locations_, functions_, strings_;
  data_view period_type_;
  std::vector<std::uint64_t> comments_;
  std::uint64_t drop_frames_ = 0, keep_frames_ = 0, default_sample_type_ = 0, doc_url_ = 0;
  IdTable mapping_ids_{"mapping"}, location_ids_{"location"}, function_ids_{"function"};
  Profile profile_;
};

std::uint64_t Decoder::Number(pbf_reader& message) {
  if (message.wire_type() != pbf_wire_type::varint) {
    throw Malformed{message.data().data(), "field " + std::to_string(message.tag()) + " should be a number"};
  }
  return message.get_uint64();
}

data_view Decoder::View(pbf_reader& message) {
  if (message.wire_type() != pbf_wire_type::length_delimited) {
    throw Malformed{message.data().data(), "field " + std::to_string(message.tag()) + " should be a message or string"};
  }
  return message.get_view();
}

template <typename Add>
void Decoder::Numbers(pbf_reader& message, Add add) {
  if (message.wire_type() != pbf_wire_type::length_delimited) {
    add(Number(message));
    return;
  }
  const data_view packed = message.get_view();
  const char* data = packed.data();
  const char* const end = data + packed.size();
  while (data != end) add(protozero::decode_varint(&data, end));
}

std::string Decoder::String(std::uint64_t index, const char* at) {
  if (index >= strings_.size()) {
    throw Malformed{at, "string " + std::to_string(index) + " of " + std::to_string(strings_.size())};
  }
  const data_view view = strings_[index];
  if (view.size() > string_budget_) throw Malformed{at, "the strings would take more memory than is accepted"};
  string_budget_ -= view.size();
  return {view.data(), view.size()};
}

void Decoder::TopLevelNumber(pbf_reader& message) {
  const char* const at = message.data().data();
  switch (message.tag()) {
    case field::kProfileDropFrames:
      drop_frames_ = Number(message);
      break;
    case field::kProfileKeepFrames:
      keep_frames_ = Number(message);
      break;
    case field::kProfileTimeNanos: {
      const std::uint64_t time = Number(message);
      if (profile_.time_nanos != 0 && time != 0) {
        throw Malformed{at, "a second time stamp: two profiles were concatenated; give them one at a time"};
      }
      profile_.time_nanos = static_cast<std::int64_t>(time);
      break;
    }
    case field::kProfileDurationNanos:
      profile_.duration_nanos = static_cast<std::int64_t>(Number(message));
      break;
    case field::kProfilePeriod:
      profile_.period = static_cast<std::int64_t>(Number(message));
      break;
    case field::kProfileDefaultSampleType:
      default_sample_type_ = Number(message);
      break;
    case field::kProfileDocUrl:
      doc_url_ = Number(message);
      break;
    case field::kProfileComment:
      Numbers(message, [&](std::uint64_t index) {
        if (comments_.size() == kMaxEntries) throw Malformed{at, "too many comments"};
        comments_.push_back(index);
      });
      break;
    default:
      message.skip();
  }
}

void Decoder::FindMessages() {
  pbf_reader message(bytes_.data(), bytes_.size());
  while (message.next()) {
    switch (message.tag()) {
      case field::kProfileSampleType:
        Collect(sample_types_, message);
        break;
      case field::kProfileSample:
        Collect(samples_, message);
        break;
      case field::kProfileMapping:
        Collect(mappings_, message);
        break;
      case field::kProfileLocation:
        Collect(locations_, message);
        break;
      case field::kProfileFunction:
        Collect(functions_, message);
        break;
      case field::kProfileStringTable:
        Collect(strings_, message);
        break;
      case field::kProfilePeriodType:
        period_type_ = View(message);
        break;
      default:
        TopLevelNumber(message);
    }
  }
}

ValueType Decoder::ReadValueType(data_view view) {
  ValueType type;
  pbf_reader message(view);
  while (message.next()) {
    const char* const at = message.data().data();
    switch (message.tag()) {
      case field::kValueTypeType:
        type.type = String(Number(message), at);
        break;
      case field::kValueTypeUnit:
        type.unit = String(Number(message), at);
        break;
      default:
        message.skip();
    }
  }
  return type;
}

void Decoder::ReadHeader() {
  const char* const end = bytes_.data() + bytes_.size();
  if (strings_.empty()) throw Malformed{end, "there is no string table, so this is no profile"};
  if (strings_[0].size() != 0) throw Malformed{strings_[0].data(), "the first string of the table should be empty"};
  if (sample_types_.empty() && !samples_.empty()) throw Malformed{end, "there are samples but no sample types"};
  // Every sample holds one value of each, so this bounds how much a small input can ask for.
  if (sample_types_.size() > kMaxSampleTypes)
    throw Malformed{sample_types_.back().data(), "more than 256 sample types"};
  for (const data_view view : sample_types_) profile_.sample_types.push_back(ReadValueType(view));
  if (period_type_.size() != 0) profile_.period_type = ReadValueType(period_type_);
  profile_.drop_frames = String(drop_frames_, end);
  profile_.keep_frames = String(keep_frames_, end);
  profile_.default_sample_type = String(default_sample_type_, end);
  profile_.doc_url = String(doc_url_, end);
  for (const std::uint64_t index : comments_) profile_.comments.push_back(String(index, end));
}

void Decoder::ReadMapping(data_view view) {
  Mapping& mapping = profile_.mappings.emplace_back();
  std::uint64_t id = 0;
  pbf_reader message(view);
  while (message.next()) {
    const char* const at = message.data().data();
    switch (message.tag()) {
      case field::kMappingId:
        id = Number(message);
        break;
      case field::kMappingStart:
        mapping.start = Number(message);
        break;
      case field::kMappingLimit:
        mapping.limit = Number(message);
        break;
      case field::kMappingOffset:
        mapping.offset = Number(message);
        break;
      case field::kMappingFile:
        mapping.file = String(Number(message), at);
        break;
      case field::kMappingBuildId:
        mapping.build_id = String(Number(message), at);
        break;
      case field::kMappingHasFunctions:
        mapping.has_functions = Number(message) != 0;
        break;
      case field::kMappingHasFilenames:
        mapping.has_filenames = Number(message) != 0;
        break;
      case field::kMappingHasLineNumbers:
        mapping.has_line_numbers = Number(message) != 0;
        break;
      case field::kMappingHasInlineFrames:
        mapping.has_inline_frames = Number(message) != 0;
        break;
      default:
        message.skip();
    }
  }
  mapping_ids_.Add(id, view.data());
}

void Decoder::ReadFunction(data_view view) {
  Function& function = profile_.functions.emplace_back();
  std::uint64_t id = 0;
  pbf_reader message(view);
  while (message.next()) {
    const char* const at = message.data().data();
    switch (message.tag()) {
      case field::kFunctionId:
        id = Number(message);
        break;
      case field::kFunctionName:
        function.name = String(Number(message), at);
        break;
      case field::kFunctionSystemName:
        function.system_name = String(Number(message), at);
        break;
      case field::kFunctionFilename:
        function.filename = String(Number(message), at);
        break;
      case field::kFunctionStartLine:
        function.start_line = static_cast<std::int64_t>(Number(message));
        break;
      default:
        message.skip();
    }
  }
  function_ids_.Add(id, view.data());
}

void Decoder::ReadLine(data_view view, Location& location) {
  std::uint64_t function_id = 0;
  Line line;
  pbf_reader message(view);
  while (message.next()) {
    switch (message.tag()) {
      case field::kLineFunctionId:
        function_id = Number(message);
        break;
      case field::kLineLine:
        line.line = static_cast<std::int64_t>(Number(message));
        break;
      default:
        message.skip();
    }
  }
  if (function_id == 0) return;  // a line without a function names nothing
  line.function = FunctionId{function_ids_.Find(function_id, view.data())};
  location.lines.push_back(line);
}

void Decoder::ReadLocation(data_view view) {
  Location& location = profile_.locations.emplace_back();
  std::uint64_t id = 0;
  std::uint64_t mapping_id = 0;
  pbf_reader message(view);
  while (message.next()) {
    switch (message.tag()) {
      case field::kLocationId:
        id = Number(message);
        break;
      case field::kLocationMappingId:
        mapping_id = Number(message);
        break;
      case field::kLocationAddress:
        location.address = Number(message);
        break;
      case field::kLocationLine:
        ReadLine(View(message), location);
        break;
      case field::kLocationIsFolded:
        location.folded = Number(message) != 0;
        break;
      default:
        message.skip();
    }
  }
  if (mapping_id != 0) location.mapping = MappingId{mapping_ids_.Find(mapping_id, view.data())};
  location_ids_.Add(id, view.data());
}

void Decoder::ReadLabel(data_view view, Sample& sample) {
  std::uint64_t key = 0;
  std::uint64_t str = 0;
  std::uint64_t unit = 0;
  Label label;
  pbf_reader message(view);
  while (message.next()) {
    switch (message.tag()) {
      case field::kLabelKey:
        key = Number(message);
        break;
      case field::kLabelStr:
        str = Number(message);
        break;
      case field::kLabelNum:
        label.num = static_cast<std::int64_t>(Number(message));
        break;
      case field::kLabelNumUnit:
        unit = Number(message);
        break;
      default:
        message.skip();
    }
  }
  // As pprof: a label without any value says nothing, and one with a string is a string label.
  if (key == 0 || (str == 0 && label.num == 0 && unit == 0)) return;
  label.key = String(key, view.data());
  if (str != 0) {
    label.str = String(str, view.data());
    label.num = 0;
  } else {
    label.num_unit = String(unit, view.data());
    // The writer's way to keep a zero (see EncodePprof); a missing unit means the key, so nothing is lost.
    if (label.num == 0 && label.num_unit == label.key) label.num_unit.clear();
  }
  sample.labels.push_back(std::move(label));
}

void Decoder::ReadSample(data_view view) {
  Sample& sample = profile_.samples.emplace_back();
  const std::size_t types = profile_.sample_types.size();
  sample.values.reserve(types);
  pbf_reader message(view);
  while (message.next()) {
    const char* const at = message.data().data();
    switch (message.tag()) {
      case field::kSampleLocationId:
        Numbers(message, [&](std::uint64_t id) { sample.locations.push_back(LocationId{location_ids_.Find(id, at)}); });
        break;
      case field::kSampleValue:
        Numbers(message, [&](std::uint64_t value) { sample.values.push_back(static_cast<std::int64_t>(value)); });
        break;
      case field::kSampleLabel:
        ReadLabel(View(message), sample);
        break;
      default:
        message.skip();
    }
  }
  if (sample.values.size() != types) {
    throw Malformed{view.data(), "a sample has " + std::to_string(sample.values.size()) + " values, expected " +
                                     std::to_string(types) + ", one per sample type"};
  }
  std::sort(sample.labels.begin(), sample.labels.end());
}

Profile Decoder::Decode() {
  FindMessages();
  ReadHeader();
  profile_.mappings.reserve(mappings_.size());
  for (const data_view view : mappings_) ReadMapping(view);
  profile_.functions.reserve(functions_.size());
  for (const data_view view : functions_) ReadFunction(view);
  profile_.locations.reserve(locations_.size());
  for (const data_view view : locations_) ReadLocation(view);
  profile_.samples.reserve(samples_.size());
  for (const data_view view : samples_) ReadSample(view);
  return std::move(profile_);
}

}  // namespace

support::Result<Profile> DecodePprof(std::string_view bytes, const std::string& where, std::uint64_t limit_bytes) {
  std::string inflated;
  if (support::IsGzip(bytes)) {
    auto content = support::Gunzip(bytes, where, limit_bytes);
    if (!content) return content.error();
    inflated = std::move(*content);
    bytes = inflated;
  }
  if (bytes.size() > limit_bytes) {
    return Error{ErrorCode::kBadInput, "larger than the " + std::to_string(limit_bytes) + " bytes accepted", where};
  }
  if (bytes.empty()) return Error{ErrorCode::kBadInput, "the profile is empty", where};
  const auto bad = [&](const std::string& what) {
    return Error{ErrorCode::kBadInput, "not a valid pprof profile: " + what, where};
  };
  try {
    return Decoder(bytes, limit_bytes).Decode();
  } catch (const Malformed& malformed) {
    return bad(malformed.text + " (offset " + std::to_string(malformed.at - bytes.data()) + " of " +
               std::to_string(bytes.size()) + ")");
  } catch (const protozero::end_of_buffer_exception&) {
    return bad("truncated: a field reaches beyond the end of its message (" + std::to_string(bytes.size()) +
               " bytes in all); copy or take it again");
  } catch (const protozero::exception& error) {
    return bad(std::string("broken protobuf encoding: ") + error.what());
  } catch (const std::bad_alloc&) {
    return bad("it needs more memory than there is");
  }
}

}  // namespace mqtrack::profile
