#include "reports/timeline/timeline_summary.h"

#include <algorithm>
#include <utility>

#include "libtrack/analysis/printable.h"
#include "libtrack/support/units.h"
#include "reports/words/columns.h"

namespace mqtrack::reports {
namespace {

using timeline::Slice;
using timeline::Subject;
using timeline::Track;
using enum Columns::Kind;

std::string Nanos(std::int64_t ns) { return support::FormatValue(ns, "nanoseconds"); }

std::int64_t LengthOf(const Slice& slice) { return slice.end_ns - slice.begin_ns; }

std::int64_t Difference(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}

/// For comparing; of the lowest number there is no other.
std::uint64_t Size(std::int64_t value) {
  return value < 0 ? ~static_cast<std::uint64_t>(value) + 1 : static_cast<std::uint64_t>(value);
}

Columns::Cell Dim(const char* text) { return {text, Style::kDim}; }

Columns::Cell Growth(std::int64_t bytes) {
  const Style style = bytes > 0 ? Style::kGrew : bytes < 0 ? Style::kShrank : Style::kPlain;
  return {support::FormatSignedBytes(bytes), style};
}

}  // namespace

void TimelineSummary::Sum::Add(const Slice& slice) {
  ++count;
  total_ns += LengthOf(slice);
  longest_ns = std::max(longest_ns, LengthOf(slice));
  growth =
      static_cast<std::int64_t>(static_cast<std::uint64_t>(growth) + static_cast<std::uint64_t>(slice.live_growth));
}

void TimelineSummary::Add(const Track& track) {
  if (track.kind == Track::Kind::kThread) threads_[track.id] = track.name;
}

void TimelineSummary::Add(const timeline::Instant&) {}

void TimelineSummary::Add(const timeline::Value& value) {
  KeepJump();
  if (last_) jump_ = Jump{last_->ns, value.ns, Difference(value.value, last_->value), ""};
  last_ = value;
}

/// On tracks of connections packets are told of once more.
void TimelineSummary::Add(const Slice& slice) {
  if (slice.subject == Subject::kRegion) {
    const bool is_new = !regions_.contains(slice.name);
    regions_[is_new && regions_.size() >= kMostNames ? "(other)" : slice.name].Add(slice);
    return;
  }
  if (!threads_.contains(slice.track)) return;
  if (slice.subject == Subject::kWait) return KeepSlice(waits_, slice);
  if (slice.subject != Subject::kPacket) return;
  packets_[slice.name.substr(0, slice.name.find(' '))].Add(slice);
  KeepSlice(slowest_, slice);
  // A packet is told of when it has ended, after what the heap did meanwhile.
  if (jump_) NoteWhatRan(*jump_, slice);
  for (Jump& jump : jumps_) NoteWhatRan(jump, slice);
}

void TimelineSummary::NoteWhatRan(Jump& jump, const Slice& packet) {
  if (!jump.during.empty() || jump.end_ns <= packet.begin_ns || jump.end_ns > packet.end_ns) return;
  jump.during = packet.name;
  if (!packet.details.client.empty()) jump.during += " of " + packet.details.client;
}

void TimelineSummary::KeepSlice(std::vector<Slice>& longest, const Slice& slice) const {
  if (longest.size() >= options_.rows && LengthOf(slice) <= LengthOf(longest.back())) return;
  const auto place = std::upper_bound(longest.begin(), longest.end(), slice,
                                      [](const Slice& a, const Slice& b) { return LengthOf(a) > LengthOf(b); });
  longest.insert(place, slice);
  if (longest.size() > options_.rows) longest.pop_back();
}

void TimelineSummary::KeepJump() {
  if (!jump_ || jump_->bytes == 0) return;
  const auto larger = [](const Jump& a, const Jump& b) { return Size(a.bytes) > Size(b.bytes); };
  jumps_.insert(std::upper_bound(jumps_.begin(), jumps_.end(), *jump_, larger), *jump_);
  if (jumps_.size() > options_.rows) jumps_.pop_back();
  jump_.reset();
}

void TimelineSummary::Title(std::string& text, const std::string& title) const {
  text += "\n" + Styled(title, Style::kBold, options_.colour) + "\n";
}

std::string TimelineSummary::After(std::int64_t ns) const {
  return "after " + Nanos(std::max<std::int64_t>(ns - begin_ns_, 0));
}

std::string TimelineSummary::Sums(const char* title, const char* name, const std::map<std::string, Sum>& sums) const {
  std::vector<std::pair<std::string, Sum>> rows(sums.begin(), sums.end());
  std::stable_sort(rows.begin(), rows.end(),
                   [](const auto& a, const auto& b) { return a.second.total_ns > b.second.total_ns; });
  Columns columns({kText, kNumber, kNumber, kNumber, kNumber, kNumber});
  columns.AddRow({Dim(name), Dim("TIMES"), Dim("TOTAL"), Dim("OF THE TIME"), Dim("LONGEST"), Dim("LIVE HEAP")});
  for (std::size_t i = 0; i < rows.size() && i < 2 * options_.rows; ++i) {
    const Sum& sum = rows[i].second;
    columns.AddRow({{analysis::Printable(rows[i].first)},
                    {support::FormatCount(sum.count)},
                    {Nanos(sum.total_ns)},
                    {support::FormatPercent(sum.total_ns, end_ns_ - begin_ns_)},
                    {Nanos(sum.longest_ns)},
                    Growth(sum.growth)});
  }
  std::string text;
  Title(text, title);
  return text + columns.Render(2, options_.width_columns, options_.colour);
}

std::string TimelineSummary::SlowestPackets() const {
  Columns columns({kNumber, kText, kText, kNumber, kNumber, kText});
  columns.AddRow({Dim("TOOK"), Dim("PACKET"), Dim("CLIENT"), Dim("COPIES"), Dim("LIVE HEAP"), Dim("")});
  for (const Slice& slice : slowest_) {
    columns.AddRow({{Nanos(LengthOf(slice))},
                    {analysis::Printable(slice.name)},
                    {analysis::Printable(slice.details.client)},
                    {support::FormatCount(static_cast<std::int64_t>(slice.details.copies))},
                    Growth(slice.live_growth),
                    {After(slice.begin_ns), Style::kDim}});
  }
  std::string text;
  Title(text, "Slowest packets");
  return text + columns.Render(2, options_.width_columns, options_.colour);
}

std::string TimelineSummary::LongestWaits() const {
  Columns columns({kNumber, kText, kText});
  columns.AddRow({Dim("TOOK"), Dim("THREAD"), Dim("")});
  for (const Slice& slice : waits_) {
    const std::string end = slice.details.is_unfinished ? ", and goes on" : "";
    columns.AddRow({{Nanos(LengthOf(slice))},
                    {analysis::Printable(threads_.at(slice.track))},
                    {After(slice.begin_ns) + end, Style::kDim}});
  }
  std::string text;
  Title(text, "Longest waits for descriptors, until the next that was heard of the thread");
  return text + columns.Render(2, options_.width_columns, options_.colour);
}

std::string TimelineSummary::Jumps() const {
  Columns columns({kNumber, kText, kText});
  columns.AddRow({Dim("BY"), Dim("DURING"), Dim("")});
  for (const Jump& jump : jumps_) {
    columns.AddRow({Growth(jump.bytes),
                    {jump.during.empty() ? "no packet" : analysis::Printable(jump.during)},
                    {After(jump.begin_ns) + ", within " + Nanos(jump.end_ns - jump.begin_ns), Style::kDim}});
  }
  std::string text;
  Title(text, "Where the live heap jumped");
  return text + columns.Render(2, options_.width_columns, options_.colour);
}

std::string TimelineSummary::Render(std::int64_t begin_ns, std::int64_t end_ns) {
  begin_ns_ = begin_ns;
  end_ns_ = std::max(end_ns, begin_ns);
  KeepJump();
  std::string text;
  if (!packets_.empty())
    text += Sums("Packets, from a packet's last byte until its thread went on", "PACKET", packets_) + SlowestPackets();
  if (!regions_.empty()) text += Sums("Regions, with those inside of them", "REGION", regions_);
  if (!waits_.empty()) text += LongestWaits();
  if (!jumps_.empty()) text += Jumps();
  return text.empty() ? "\nNo packet, region or wait was seen.\n" : text;
}

}  // namespace mqtrack::reports
