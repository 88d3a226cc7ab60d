// Writes the corpus of log_fuzz into a folder: small logs as the recorder would leave them, as sparse images. Run it
// after a change of the layout, and check the result in.
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

#include "sparse_image.h"
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

bool Write(testing::LogBuilder& builder, const std::string& path) {
  std::ofstream file(path, std::ios::binary);
  file << fuzz::WriteSparse(reinterpret_cast<const std::uint8_t*>(builder.base()), builder.size());
  return file.good();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return std::fprintf(stderr, "usage: %s FOLDER\n", argv[0]), 2;
  const std::string folder = std::string(argv[1]) + "/";
  testing::LogBuilder exact = Small();
  bool written = Write(exact, folder + "exact.log");
  testing::LogBuilder sampled = Small();
  sampled.header().mode = static_cast<std::uint32_t>(log::Mode::kSampled);
  sampled.header().sample_bytes = 4096;
  sampled.Insert(log::Kind::kThread, 5, 0, sampled.AddSyntheticStack(log::SyntheticStack::kBeforeAttach));
  written = Write(sampled, folder + "sampled.log") && written;
  testing::LogBuilder killed = Small();
  log::Bucket& bucket = *killed.writer().BucketOf(log::MakeKey(log::Kind::kHeapBlock, 0x7000));
  *std::find(std::begin(bucket.keys), std::end(bucket.keys), 0) = log::kBusyKey;
  written = Write(killed, folder + "killed.log") && written;
  return written ? 0 : 1;
}
