// profile.proto to Profile. protozero checks every length against its buffer and throws; everything thrown is caught
// here. What protozero does not check is checked by us: wire types, ids, indices, and how much memory a small input can
// ask for.
#include "libtrack/profile/formats/pprof_decode.h"

#include <algorithm>
#include <protozero/exception.hpp>
#include <protozero/pbf_reader.hpp>
#include <utility>
#include <vector>

#include "libtrack/profile/formats/pprof_fields.h"
#include "libtrack/profile/formats/pprof_message.h"
#include "libtrack/profile/formats/pprof_samples.h"
#include "libtrack/profile/formats/pprof_tables.h"
#include "libtrack/profile/formats/validate.h"
#include "libtrack/support/gzip.h"

namespace mqtrack::profile {

using protozero::data_view;
using protozero::pbf_reader;
using support::Error;
using support::ErrorCode;

namespace {

/// Two passes: protobuf allows any field order, and every message refers to the string table, so the first pass only
/// finds the messages, and the second one reads them, tables before those who refer to them. Used once.
class Decoder {
 public:
  Decoder(std::string_view bytes, std::uint64_t limit_bytes) : bytes_(bytes), limit_bytes_(limit_bytes) {}

  Profile Decode();

 private:
  static constexpr std::size_t kMaxEntries = std::size_t{1} << 25;  // of one kind; a real snapshot has some 100,000
  static constexpr std::size_t kMaxSampleTypes = 256;
  static constexpr std::uint64_t kStringBytesPerInputByte = 64;
  static constexpr std::uint64_t kMinStringBudget = std::uint64_t{64} << 20;

  void FindMessages();
  void TopLevelNumber(pbf_reader& message);
  void ReadHeader(PprofTables& tables);
  static void Collect(std::vector<data_view>& list, pbf_reader& message) {
    if (list.size() == kMaxEntries) throw Malformed{message.data().data(), "more than 33,554,432 entries of one kind"};
    list.push_back(View(message));
  }

  std::string_view bytes_;
  std::uint64_t limit_bytes_;
  std::vector<data_view> sample_types_, samples_, mappings_, locations_, functions_, strings_;
  data_view period_type_;
  std::vector<std::uint64_t> comments_;
  std::uint64_t drop_frames_ = 0, keep_frames_ = 0, default_sample_type_ = 0, doc_url_ = 0;
  Profile profile_;
};

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

void Decoder::ReadHeader(PprofTables& tables) {
  const char* const end = bytes_.data() + bytes_.size();
  if (sample_types_.empty() && !samples_.empty()) throw Malformed{end, "there are samples but no sample types"};
  // Every sample holds one value of each, so this bounds how much a small input can ask for.
  if (sample_types_.size() > kMaxSampleTypes)
    throw Malformed{sample_types_.back().data(), "more than 256 sample types"};
  for (const data_view view : sample_types_) profile_.sample_types.push_back(tables.ReadValueType(view));
  if (const std::string wrong = CheckSampleTypes(profile_.sample_types); !wrong.empty()) {
    throw Malformed{sample_types_.back().data(), wrong};
  }
  if (period_type_.size() != 0) profile_.period_type = tables.ReadValueType(period_type_);
  profile_.drop_frames = tables.String(drop_frames_, end);
  profile_.keep_frames = tables.String(keep_frames_, end);
  profile_.default_sample_type = tables.String(default_sample_type_, end);
  profile_.doc_url = tables.String(doc_url_, end);
  for (const std::uint64_t index : comments_) profile_.comments.push_back(tables.String(index, end));
}

Profile Decoder::Decode() {
  FindMessages();
  const char* const end = bytes_.data() + bytes_.size();
  if (strings_.empty()) throw Malformed{end, "there is no string table, so this is no profile"};
  if (strings_[0].size() != 0) throw Malformed{strings_[0].data(), "the first string of the table should be empty"};
  const std::uint64_t budget = std::min(limit_bytes_, kMinStringBudget + bytes_.size() * kStringBytesPerInputByte);
  PprofTables tables(std::move(strings_), budget);
  ReadHeader(tables);
  profile_.mappings.reserve(mappings_.size());
  for (const data_view view : mappings_) tables.ReadMapping(view, profile_);
  profile_.functions.reserve(functions_.size());
  for (const data_view view : functions_) tables.ReadFunction(view, profile_);
  profile_.locations.reserve(locations_.size());
  for (const data_view view : locations_) tables.ReadLocation(view, profile_);
  profile_.samples.reserve(samples_.size());
  for (const data_view view : samples_) ReadSample(view, tables, profile_);
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
