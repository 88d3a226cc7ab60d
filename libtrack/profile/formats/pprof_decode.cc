// profile.proto to Profile: the first pass, the header, and what DecodePprof says of a message that is none.
#include <protozero/exception.hpp>

#include "libtrack/profile/formats/codec.h"
#include "libtrack/profile/formats/pprof_decoder.h"
#include "libtrack/profile/formats/pprof_fields.h"
#include "libtrack/support/gzip.h"
#include "libtrack/support/utf8.h"

namespace mqtrack::profile {

using protozero::data_view;
using protozero::pbf_reader;
using protozero::pbf_wire_type;
using support::Error;
using support::ErrorCode;

std::uint64_t PprofDecoder::Number(pbf_reader& message) {
  if (message.wire_type() != pbf_wire_type::varint) {
    throw Malformed{message.data().data(), "field " + std::to_string(message.tag()) + " should be a number"};
  }
  return message.get_uint64();
}

data_view PprofDecoder::View(pbf_reader& message) {
  if (message.wire_type() != pbf_wire_type::length_delimited) {
    throw Malformed{message.data().data(), "field " + std::to_string(message.tag()) + " should be a message or string"};
  }
  return message.get_view();
}

std::string PprofDecoder::String(std::uint64_t index, const char* at) {
  if (index >= strings_.size()) {
    throw Malformed{at, "string " + std::to_string(index) + " of " + std::to_string(strings_.size())};
  }
  const data_view view = strings_[index];
  if (view.size() > string_budget_) throw Malformed{at, "the strings would take more memory than is accepted"};
  string_budget_ -= view.size();
  return {view.data(), view.size()};
}

std::string PprofDecoder::Text(std::uint64_t index, const char* at) {
  std::string text = String(index, at);
  return support::IsUtf8(text) ? text : support::ToUtf8(text);
}

void PprofDecoder::TopLevelNumber(pbf_reader& message) {
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

void PprofDecoder::FindMessages() {
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

void PprofDecoder::ReadHeader() {
  const char* const end = bytes_.data() + bytes_.size();
  if (strings_.empty()) throw Malformed{end, "there is no string table, so this is no profile"};
  if (strings_[0].size() != 0) throw Malformed{strings_[0].data(), "the first string of the table should be empty"};
  if (sample_types_.empty() && !samples_.empty()) throw Malformed{end, "there are samples but no sample types"};
  // Every sample holds one value of each, so this bounds how much a small input can ask for.
  if (sample_types_.size() > kMaxSampleTypes)
    throw Malformed{sample_types_.back().data(), "more than 256 sample types"};
  for (const data_view view : sample_types_) profile_.sample_types.push_back(ReadValueType(view));
  if (const std::string wrong = CheckSampleTypes(profile_.sample_types); !wrong.empty()) {
    throw Malformed{sample_types_.back().data(), wrong};
  }
  if (period_type_.size() != 0) profile_.period_type = ReadValueType(period_type_);
  profile_.drop_frames = String(drop_frames_, end);
  profile_.keep_frames = String(keep_frames_, end);
  profile_.default_sample_type = String(default_sample_type_, end);
  profile_.doc_url = String(doc_url_, end);
  for (const std::uint64_t index : comments_) profile_.comments.push_back(String(index, end));
}

Profile PprofDecoder::Decode() {
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
    return PprofDecoder(bytes, limit_bytes).Decode();
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
