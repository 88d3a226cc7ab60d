// Reads one profile.proto message: the state of DecodePprof, and of nobody else. Two passes: protobuf allows any field
// order, and every message refers to the string table, so the first pass only finds the messages (pprof_decode.cc) and
// the second one reads them, tables before those who refer to them (pprof_tables.cc, pprof_samples.cc).
//
// The bytes are hostile. protozero checks every length against its buffer and throws; everything thrown is caught by
// DecodePprof. What protozero does not check is checked here: wire types, ids, indices, and how much memory a small
// input can ask for (a string used by a million functions is on the wire once and would be in memory a million times).
#pragma once

#include <algorithm>
#include <cstdint>
#include <protozero/pbf_reader.hpp>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "libtrack/profile/profile.h"

namespace mqtrack::profile {

/// Thrown while decoding, and caught by DecodePprof: where in the message what is wrong.
struct Malformed {
  const char* at;
  std::string text;
};

/// Ids of a message as indices. 1..N in order, which nearly every writer gives, need no table.
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

/// Not thread-safe; used once.
class PprofDecoder {
 public:
  PprofDecoder(std::string_view bytes, std::uint64_t limit_bytes)
      : bytes_(bytes),
        string_budget_(std::min(limit_bytes, kMinStringBudget + bytes.size() * kStringBytesPerInputByte)) {}

  Profile Decode();

 private:
  static constexpr std::size_t kMaxEntries = std::size_t{1} << 25;  // of one kind; a real snapshot has some 100,000
  static constexpr std::size_t kMaxSampleTypes = 256;
  static constexpr std::uint64_t kStringBytesPerInputByte = 64;
  static constexpr std::uint64_t kMinStringBudget = std::uint64_t{64} << 20;

  void FindMessages();
  void TopLevelNumber(protozero::pbf_reader& message);
  void ReadHeader();
  void ReadMapping(protozero::data_view view);
  void ReadFunction(protozero::data_view view);
  void ReadLocation(protozero::data_view view);
  void ReadSample(protozero::data_view view);
  [[nodiscard]] ValueType ReadValueType(protozero::data_view view);
  void ReadLine(protozero::data_view view, Location& location);
  void ReadLabel(protozero::data_view view, Sample& sample);

  // A field of these two shapes, or an error that says where.
  static std::uint64_t Number(protozero::pbf_reader& message);
  static protozero::data_view View(protozero::pbf_reader& message);
  // A repeated integer, packed or not: both are on the wire in the wild.
  template <typename Add>
  static void Numbers(protozero::pbf_reader& message, Add add) {
    if (message.wire_type() != protozero::pbf_wire_type::length_delimited) {
      add(Number(message));
      return;
    }
    const protozero::data_view packed = message.get_view();
    const char* data = packed.data();
    const char* const end = data + packed.size();
    while (data != end) add(protozero::decode_varint(&data, end));
  }

  static void Collect(std::vector<protozero::data_view>& list, protozero::pbf_reader& message) {
    if (list.size() == kMaxEntries) throw Malformed{message.data().data(), "more than 33,554,432 entries of one kind"};
    list.push_back(View(message));
  }
  [[nodiscard]] std::string String(std::uint64_t index, const char* at);
  // The same as valid UTF-8, which is all that is ever written: two names that differ now then differ for ever.
  [[nodiscard]] std::string Text(std::uint64_t index, const char* at);

  std::string_view bytes_;
  std::uint64_t string_budget_;
  std::vector<protozero::data_view> sample_types_, samples_, mappings_, locations_, functions_, strings_;
  protozero::data_view period_type_;
  std::vector<std::uint64_t> comments_;
  std::uint64_t drop_frames_ = 0, keep_frames_ = 0, default_sample_type_ = 0, doc_url_ = 0;
  IdTable mapping_ids_{"mapping"}, location_ids_{"location"}, function_ids_{"function"};
  Profile profile_;
};

}  // namespace mqtrack::profile
