#include "libtrack/profile/formats/cpu_profile.h"

#include <array>
#include <optional>

#include "libtrack/profile/fact.h"
#include "libtrack/profile/formats/text/java_text.h"
#include "libtrack/profile/formats/text/text_profile.h"

namespace mqtrack::profile {
namespace {

using support::Error;
using support::ErrorCode;
using support::Result;

/// Takes words from the front of some bytes.
class Words {
 public:
  struct Form {
    std::size_t bytes;
    bool big_endian;
  };

  Words(std::string_view bytes, Form form) : bytes_(bytes), form_(form) {}

  [[nodiscard]] std::size_t Left() const { return (bytes_.size() - at_) / form_.bytes; }
  [[nodiscard]] std::size_t at() const { return at_; }

  /// Call only if there is one left.
  std::uint64_t Take() {
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < form_.bytes; ++i) {
      const std::size_t place = form_.big_endian ? form_.bytes - 1 - i : i;
      word |= std::uint64_t{static_cast<unsigned char>(bytes_[at_ + i])} << (8 * place);
    }
    at_ += form_.bytes;
    return word;
  }

 private:
  std::string_view bytes_;
  Form form_;
  std::size_t at_ = 0;
};

struct Header {
  Words::Form form;
  bool java;
  std::uint64_t period_micros;
};

std::optional<Header> ReadHeader(std::string_view bytes) {
  constexpr std::size_t kWords = 5;
  static constexpr std::array<Words::Form, 4> kForms = {{{4, false}, {4, true}, {8, false}, {8, true}}};
  for (const Words::Form form : kForms) {
    Words words(bytes, form);
    if (words.Left() < kWords) continue;
    std::array<std::uint64_t, kWords> header{};
    for (std::uint64_t& word : header) word = words.Take();
    if (header[0] == 0 && header[1] == 3 && header[2] <= 1 && header[3] > 0 && header[4] == 0) {
      return Header{form, header[2] == 1, header[3]};
    }
  }
  return std::nullopt;
}

class Parser {
 public:
  Parser(std::string_view bytes, const std::string& where, const AddressNames& symbols, std::size_t offset)
      : bytes_(bytes), where_(where), symbols_(symbols), offset_(offset) {}

  Result<Profile> Parse() {
    const std::optional<Header> header = ReadHeader(bytes_);
    if (!header) {
      return Error{ErrorCode::kBadInput,
                   "expected the header of a CPU profile (0, 3, 0, period, 0) at offset " + std::to_string(offset_),
                   where_};
    }
    SetTypes(*header);
    Words words(bytes_, header->form);
    for (int i = 0; i < 5; ++i) words.Take();
    if (symbols_.empty()) {
      moves_calls_ = !header->java;
    } else {
      moves_calls_ = !HoldsNamedAddresses(words);
    }
    const support::Status read = ReadSamples(words);
    if (!read) return read.error();
    LineCursor lines(bytes_.substr(words.at()), where_);
    if (header->java) {
      NameJavaLocations(lines, builder_.profile());
    } else {
      builder_.ReadMappedLibraries(lines);
    }
    return std::move(builder_.profile());
  }

 private:
  void SetTypes(const Header& header) {
    Profile& profile = builder_.profile();
    const bool converted = !symbols_.empty() && header.period_micros == 1;
    profile.sample_types = {{"samples", "count"}};
    profile.period_type = profile.sample_types[0];
    profile.period = 1;
    if (converted) return AddNote("pprof --raw wrote this file, and of a heap profile a sample of it is one byte");
    profile.sample_types.push_back({"cpu", "nanoseconds"});
    profile.period_type = profile.sample_types[1];
    profile.period = WholeNumber(static_cast<double>(header.period_micros) * 1000);
    profile.default_sample_type = "cpu";
  }

  // The names of `pprof --raw` are of addresses inside calls. Its own samples have those, a file that it fetched has
  // return addresses.
  [[nodiscard]] bool HoldsNamedAddresses(Words words) const {
    std::size_t named = 0, named_before = 0;
    while (words.Left() >= 2) {
      words.Take();
      const std::uint64_t depth = words.Take();
      if (depth > words.Left()) break;
      for (std::uint64_t i = 0; i < depth; ++i) {
        const std::uint64_t address = words.Take();
        if (i == 0) continue;
        named += symbols_.Has(address) ? 1 : 0;
        named_before += symbols_.Has(address - 1) ? 1 : 0;
      }
    }
    return named >= named_before;
  }

  support::Status ReadSamples(Words& words) {
    while (words.Left() > 0) {
      const std::size_t at = words.at();
      const std::uint64_t count = words.Take();
      const std::uint64_t depth = words.Left() > 0 ? words.Take() : 0;
      if (words.Left() < depth || (depth == 0 && words.Left() == 0)) return CutOff(at, depth, words.Left());
      std::vector<std::uint64_t> addresses(depth);
      for (std::uint64_t& address : addresses) address = words.Take();
      if (count == 0 && depth == 1 && addresses[0] == 0) return {};
      if (count > 0) AddSample(count, addresses);
    }
    if (symbols_.empty()) {
      AddNote(
          "the CPU profile has no end: the program was killed or still runs, so samples may be missing, and "
          "functions have no names");
    }
    return {};
  }

  [[nodiscard]] Error CutOff(std::size_t at, std::uint64_t depth, std::size_t left) const {
    return {ErrorCode::kBadInput,
            "CPU profile cut off or damaged at offset " + std::to_string(offset_ + at) + ": expected a stack of " +
                std::to_string(depth) + " addresses, found " + std::to_string(left) +
                "; a program writes the whole file when it ends or calls ProfilerStop()",
            where_};
  }

  void AddSample(std::uint64_t count, const std::vector<std::uint64_t>& addresses) {
    std::vector<LocationId> locations;
    locations.reserve(addresses.size());
    for (std::size_t i = 0; i < addresses.size(); ++i) {
      const std::uint64_t moved = i > 0 && moves_calls_ ? addresses[i] - 1 : addresses[i];
      // The leaf comes from the signal, and may be the first frame of the unwinding once more.
      if (i == 1 && moves_calls_ && addresses[1] == addresses[0]) continue;
      locations.push_back(builder_.At(moved));
    }
    Profile& profile = builder_.profile();
    const std::int64_t samples = WholeNumber(static_cast<double>(count));
    Sample& sample = profile.samples.emplace_back();
    sample.locations = std::move(locations);
    sample.values = {samples};
    if (profile.sample_types.size() > 1) {
      sample.values.push_back(WholeNumber(static_cast<double>(count) * static_cast<double>(profile.period)));
    }
  }

  void AddNote(const std::string& note) {
    builder_.profile().comments.push_back(std::string(kFactPrefix) + "note: " + note);
  }

  std::string_view bytes_;
  const std::string& where_;
  const AddressNames& symbols_;
  std::size_t offset_;
  bool moves_calls_ = true;
  TextProfileBuilder builder_;
};

}  // namespace

bool IsCpuProfile(std::string_view bytes) { return ReadHeader(bytes).has_value(); }

Result<Profile> ParseCpuProfile(std::string_view bytes, const std::string& where, const AddressNames& symbols,
                                std::size_t offset) {
  return Parser(bytes, where, symbols, offset).Parse();
}

}  // namespace mqtrack::profile
