#include "libtrack/topology/span_window.h"

#include <algorithm>
#include <random>

namespace mqtrack::topology {
namespace {

constexpr std::size_t kFirstIndex = 1024;

}  // namespace

std::int64_t WindowSpan::Duration() const {
  if (duration_ns != kUnknownTime) return duration_ns;
  if (first_written_ns == kUnknownTime || last_written_ns <= first_written_ns) return kUnknownTime;
  return last_written_ns - first_written_ns;
}

SpanWindow::SpanWindow(std::size_t most)
    : most_(std::clamp<std::size_t>(most, 2, UINT32_MAX / 4)), seed_(std::random_device()()), index_(kFirstIndex) {}

std::size_t SpanWindow::HomeOf(const TextId& trace, std::uint64_t span) const {
  std::uint64_t hash = seed_ ^ trace.low ^ (trace.high * 0x9e3779b97f4a7c15u);
  hash = (hash ^ (hash >> 31)) * 0xbf58476d1ce4e5b9u;
  hash ^= span;
  hash = (hash ^ (hash >> 27)) * 0x94d049bb133111ebu;
  return (hash ^ (hash >> 32)) & (index_.size() - 1);
}

SpanNumber SpanWindow::Find(const TextId& trace, std::uint64_t span) const {
  for (std::size_t i = HomeOf(trace, span);; i = (i + 1) & (index_.size() - 1)) {
    if (index_[i] == 0) return kNoSpan;
    const std::uint32_t slot = index_[i] - 1;
    if (At(slot).span == span && At(slot).trace == trace) {
      // The newest number that falls on this place.
      const std::uint64_t round = (end_ - 1 - slot) / most_;
      return SpanNumber{round * most_ + slot};
    }
  }
}

void SpanWindow::Enter(std::uint32_t slot) {
  std::size_t i = HomeOf(At(slot).trace, At(slot).span);
  while (index_[i] != 0) i = (i + 1) & (index_.size() - 1);
  index_[i] = slot + 1;
}

// Knuth's algorithm R: what lies behind moves up, so that no search ends too early.
void SpanWindow::Erase(std::uint32_t slot) {
  const std::size_t mask = index_.size() - 1;
  std::size_t hole = HomeOf(At(slot).trace, At(slot).span);
  while (index_[hole] != slot + 1) hole = (hole + 1) & mask;
  for (std::size_t i = (hole + 1) & mask; index_[i] != 0; i = (i + 1) & mask) {
    const std::size_t home = HomeOf(At(index_[i] - 1).trace, At(index_[i] - 1).span);
    if (((i - home) & mask) < ((i - hole) & mask)) continue;
    index_[hole] = index_[i];
    hole = i;
  }
  index_[hole] = 0;
}

void SpanWindow::Grow() {
  index_.assign(index_.size() * 2, 0);
  for (std::uint64_t number = begin_; number < end_; ++number) Enter(static_cast<std::uint32_t>(number % most_));
}

SpanNumber SpanWindow::Add(const TextId& trace, std::uint64_t span) {
  if (IsFull()) DropOldest();
  if ((end_ - begin_ + 1) * 2 > index_.size()) Grow();
  const auto slot = static_cast<std::uint32_t>(end_ % most_);
  if (slot >= spans_.size()) spans_.resize(slot + 1);
  spans_[slot] = {};
  spans_[slot].trace = trace;
  spans_[slot].span = span;
  Enter(slot);
  return SpanNumber{end_++};
}

void SpanWindow::DropOldest() { Erase(static_cast<std::uint32_t>(begin_++ % most_)); }

}  // namespace mqtrack::topology
