#include "libtrack/profile/formats/text/contention.h"

#include "libtrack/profile/fact.h"
#include "libtrack/profile/formats/text/attribute.h"
#include "libtrack/profile/formats/text/remark_names.h"
#include "libtrack/profile/formats/text/text_profile.h"

namespace mqtrack::profile {
namespace {

using support::Result;

class Parser {
 public:
  explicit Parser(LineCursor lines) : lines_(std::move(lines)), names_(builder_) {}

  Result<Profile> Parse() {
    const std::string_view first = lines_.Next().value_or("");
    if (!first.starts_with("---")) return lines_.Bad("'--- contention' or '--- mutex'", first);
    builder_.profile().period = 1;
    bool in_samples = true;
    while (const auto line = lines_.Next()) {
      if (IsMappedLibrariesHeader(*line)) break;
      in_samples = in_samples && !line->starts_with("---");  // parts of other kinds may stand before the mapped files
      if (!in_samples) continue;
      const support::Status read = ReadLine(*line);
      if (!read) return read.error();
    }
    EndSample();
    FinishTypes();
    builder_.ReadMappedLibraries(lines_);
    return std::move(builder_.profile());
  }

 private:
  support::Status ReadLine(std::string_view line) {
    LineScanner scan(line);
    if (scan.AtEnd()) return {};
    if (scan.rest().starts_with('#')) {
      names_.Read(scan.rest());
      return {};
    }
    if (const auto attribute = ParseAttribute(line)) return ReadAttribute(*attribute, line);
    EndSample();
    std::int64_t delay = 0, count = 0;
    if (!scan.Number(delay).Number(count).Literal("@").ok() || delay < 0 || count < 0) {
      return lines_.Bad("'delay count @ 0xaddress ...'", line);
    }
    const auto addresses = ScanAddresses(scan.rest());
    if (!addresses) return lines_.Bad("addresses after '@'", scan.rest());
    locations_ = builder_.Calls(*addresses);
    const auto period = static_cast<double>(builder_.profile().period);
    const double cycles_per_nano = cycles_per_second_ > 0 ? static_cast<double>(cycles_per_second_) / 1e9 : 1;
    contentions_ = Scaled(count, period);
    delay_ = WholeNumber(static_cast<double>(delay) * period / cycles_per_nano);
    in_sample_ = true;
    names_.Begin();
    return {};
  }

  support::Status ReadAttribute(const Attribute& attribute, std::string_view line) {
    std::int64_t value = 0;
    if (!LineScanner(attribute.value).Number(value).ok() || value < 0) {
      return lines_.Bad("a number after '" + std::string(attribute.key) + "='", line);
    }
    Profile& profile = builder_.profile();
    if (attribute.key == "cycles/second") {
      if (!profile.samples.empty() || in_sample_) return lines_.Bad("cycles/second before the samples", line);
      cycles_per_second_ = value;
    } else if (attribute.key == "sampling period") {
      profile.period = value > 0 ? value : 1;
    } else if (attribute.key == "ms since reset") {
      profile.duration_nanos = Scaled(value, 1e6);
    } else if (attribute.key == "discarded samples" && value > 0) {
      profile.comments.push_back(std::string(kFactPrefix) + "note: " + std::to_string(value) +
                                 " samples were discarded when it was recorded: the delays are too low");
    }
    return {};
  }

  void EndSample() {
    if (!in_sample_) return;
    in_sample_ = false;
    names_.End(locations_);
    builder_.profile().samples.push_back({std::move(locations_), {contentions_, delay_}, names_.labels()});
    locations_.clear();
  }

  void FinishTypes() {
    Profile& profile = builder_.profile();
    profile.sample_types = {{"contentions", "count"}, {"delay", cycles_per_second_ > 0 ? "nanoseconds" : "cycles"}};
    profile.default_sample_type = "delay";
    profile.period_type = {"contentions", "count"};
  }

  LineCursor lines_;
  TextProfileBuilder builder_;
  RemarkNames names_;
  std::int64_t cycles_per_second_ = 0;
  // The sample whose lines are being read.
  bool in_sample_ = false;
  std::vector<LocationId> locations_;
  std::int64_t contentions_ = 0, delay_ = 0;
};

}  // namespace

Result<Profile> ParseContention(LineCursor lines) { return Parser(std::move(lines)).Parse(); }

}  // namespace mqtrack::profile
