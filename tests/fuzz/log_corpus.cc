// Writes the corpus of log_fuzz into a folder: small logs as the recorder would leave them. Run it after a change of
// the layout, and check the result in.
#include <algorithm>
#include <cstdio>
#include <iterator>
#include <string>

#include "tests/support/log_builder.h"

namespace {

using namespace mqtrack;  // a program of one page

testing::LogBuilder Small() {
  testing::LogBuilder builder(
      {.level_buckets = {2, 4}, .index_entries = 32, .arena_bytes = 2048, .module_capacity = 2});
  builder.AddModule(0x1000, 0x9000, 0x1000, "/usr/sbin/broker", true, "0123456789abcdefghij");
  const log::LabelsId labels = builder.AddLabels({{log::LabelKey::kThread, "io"}, {log::LabelKey::kMqttTopic, "a/b"}});
  for (std::uint64_t i = 0; i < 6; ++i) {
    const log::StackId stack =
        builder.AddStack({0x1100 + 16 * i, 0x2000}, i % 2 == 0 ? 0u : std::uint32_t{log::kStackTruncated}, i, i);
    builder.Insert(log::Kind::kHeapBlock, 0x7000 + 16 * i, 10 * i, stack, labels, static_cast<std::uint32_t>(i));
  }
  return builder;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return std::fprintf(stderr, "usage: %s FOLDER\n", argv[0]), 2;
  const std::string folder = std::string(argv[1]) + "/";
  testing::LogBuilder exact = Small();
  exact.Write(folder + "exact.log");
  testing::LogBuilder sampled = Small();
  sampled.header().mode = static_cast<std::uint32_t>(log::Mode::kSampled);
  sampled.header().sample_bytes = 4096;
  sampled.Insert(log::Kind::kThread, 5, 0, sampled.AddSyntheticStack(log::SyntheticStack::kBeforeAttach));
  sampled.Write(folder + "sampled.log");
  testing::LogBuilder killed = Small();
  log::Bucket& bucket = *killed.writer().BucketOf(log::MakeKey(log::Kind::kHeapBlock, 0x7000));
  *std::find(std::begin(bucket.keys), std::end(bucket.keys), 0) = log::kBusyKey;
  killed.Write(folder + "killed.log");
  return 0;
}
