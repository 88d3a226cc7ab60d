#include "tests/support/model_writer.h"

#include <atomic>
#include <initializer_list>
#include <utility>

namespace mqtrack::testing {
namespace {

template <typename T>
std::atomic_ref<T> Atomic(T& field) {
  return std::atomic_ref<T>(field);
}

std::uint32_t Occupied(log::Bucket& bucket) {
  std::uint32_t occupied = 0;
  for (std::uint64_t& key : bucket.keys) occupied += Atomic(key).load() != 0;
  return occupied;
}

}  // namespace

bool ModelWriter::InsertInto(log::Bucket& bucket, std::uint64_t key, std::uint64_t meta, log::StackId stack,
                             log::LabelsId labels) {
  for (std::uint32_t i = 0; i < log::kSlotsPerBucket; ++i) {
    std::uint64_t empty = 0;
    if (!Atomic(bucket.keys[i]).compare_exchange_strong(empty, log::kBusyKey)) continue;
    Atomic(bucket.meta[i]).store(meta);
    Atomic(bucket.references[i].stack).store(static_cast<std::uint32_t>(stack));
    Atomic(bucket.references[i].labels).store(static_cast<std::uint32_t>(labels));
    Atomic(bucket.keys[i]).store(key);
    Atomic(bucket.state).fetch_add(log::kStateInsert);
    return true;
  }
  return false;
}

bool ModelWriter::Insert(std::uint64_t key, std::uint64_t meta, log::StackId stack, log::LabelsId labels) {
  for (std::uint32_t i = Atomic(header().segment_count).load(); i-- > 0;) {
    const log::Segment& segment = header().segments[i];
    if (segment.kind != static_cast<std::uint32_t>(log::SegmentKind::kLiveLevel)) continue;
    auto* buckets = reinterpret_cast<log::Bucket*>(base_ + segment.offset);
    const log::BucketChoices choice = log::ChooseBuckets(key, segment.count);
    log::Bucket *emptier = &buckets[choice.first], *other = &buckets[choice.second];
    if (Occupied(*other) < Occupied(*emptier)) std::swap(emptier, other);
    if (!InsertInto(*emptier, key, meta, stack, labels) && !InsertInto(*other, key, meta, stack, labels)) continue;
    return true;
  }
  return false;
}

log::Bucket* ModelWriter::BucketOf(std::uint64_t key) const {
  for (std::uint32_t i = Atomic(header().segment_count).load(); i-- > 0;) {
    const log::Segment& segment = header().segments[i];
    if (segment.kind != static_cast<std::uint32_t>(log::SegmentKind::kLiveLevel)) continue;
    auto* buckets = reinterpret_cast<log::Bucket*>(base_ + segment.offset);
    const log::BucketChoices choice = log::ChooseBuckets(key, segment.count);
    for (log::Bucket* bucket : {&buckets[choice.first], &buckets[choice.second]}) {
      for (std::uint64_t& present : bucket->keys) {
        if (Atomic(present).load() == key) return bucket;
      }
    }
  }
  return nullptr;
}

bool ModelWriter::Remove(std::uint64_t key) {
  log::Bucket* bucket = BucketOf(key);
  if (bucket == nullptr) return false;
  for (std::uint64_t& present : bucket->keys) {
    if (Atomic(present).load() == key) Atomic(present).store(0);
  }
  Atomic(bucket->state).fetch_add(log::kStateRemove);
  return true;
}

}  // namespace mqtrack::testing
