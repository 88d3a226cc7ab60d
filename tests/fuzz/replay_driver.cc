// Stands in for libFuzzer where the compiler has none: calls LLVMFuzzerTestOneInput with every file of a corpus and
// with a fixed number of deterministic mutations of each, every input in a heap buffer of exactly its size, so that a
// sanitizer sees the first byte read beyond it. The input that kills the process is left in crash-<target>.bin.
//
// Usage: <target> [--mutations N] FILE-OR-FOLDER...
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
/// A target's own mutation, if it has one.
extern "C" __attribute__((weak)) std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                                                     std::size_t max_size, unsigned seed);
/// What a target's own mutation calls for a mutation in general, as libFuzzer offers it.
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace {

using Bytes = std::vector<std::uint8_t>;

// What the crash handler saves; set before each call, read only in a dying process.
const std::uint8_t* current_data = nullptr;
std::size_t current_size = 0;
std::string crash_file;

void SaveCurrentInput() {
  const int fd = ::open(crash_file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) return;
  if (current_data != nullptr && ::write(fd, current_data, current_size) >= 0) {
    constexpr char kMessage[] = "replay: the input that did it was saved as ";
    (void)!::write(STDERR_FILENO, kMessage, sizeof kMessage - 1);
    (void)!::write(STDERR_FILENO, crash_file.data(), crash_file.size());
    (void)!::write(STDERR_FILENO, "\n", 1);
  }
  ::close(fd);
}

void OnSignal(int number) {
  SaveCurrentInput();
  std::signal(number, SIG_DFL);
  std::raise(number);
}

void CatchCrashes() {
  for (const int number : {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGALRM}) std::signal(number, OnSignal);
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_set_death_callback(SaveCurrentInput);
#endif
}

void RunOne(const Bytes& input) {
  // malloc, not vector: its capacity may exceed its size. An empty input still gets a valid pointer.
  const std::unique_ptr<void, decltype(&std::free)> copy(std::malloc(std::max<std::size_t>(input.size(), 1)),
                                                         &std::free);
  if (!input.empty()) std::memcpy(copy.get(), input.data(), input.size());
  current_data = static_cast<const std::uint8_t*>(copy.get());
  current_size = input.size();
  ::alarm(30);  // an input that takes this long is a finding too
  LLVMFuzzerTestOneInput(current_data, current_size);
  ::alarm(0);
  current_data = nullptr;
}

// A small generator whose sequence is the same on every machine and library.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15u + 1) {}
  std::uint64_t Next() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return state_;
  }
  std::size_t Below(std::size_t bound) { return bound == 0 ? 0 : static_cast<std::size_t>(Next() % bound); }

 private:
  std::uint64_t state_;
};

void Overwrite(Bytes& input, Random& random) {
  static constexpr std::array<std::uint64_t, 8> kEdges = {
      0, 1, 0x7f, 0xff, 0x7fffffff, 0xffffffff, 0x7fffffffffffffff, ~std::uint64_t{0}};
  const std::uint64_t value = kEdges[random.Below(kEdges.size())];
  const std::size_t width = std::min<std::size_t>(std::size_t{1} << random.Below(4), input.size());
  const std::size_t at = random.Below(input.size() - width + 1);
  std::memcpy(input.data() + at, &value, width);
}

void Splice(Bytes& input, const Bytes& other, Random& random) {
  if (other.empty()) return;
  const std::size_t from = random.Below(other.size());
  const std::size_t length = random.Below(std::min<std::size_t>(other.size() - from, 256)) + 1;
  const std::size_t at = random.Below(input.size() + 1);
  input.insert(input.begin() + static_cast<std::ptrdiff_t>(at), other.begin() + static_cast<std::ptrdiff_t>(from),
               other.begin() + static_cast<std::ptrdiff_t>(from + length));
}

Bytes Mutate(const Bytes& original, const std::vector<Bytes>& corpus, Random& random) {
  Bytes input = original;
  const std::size_t rounds = random.Below(4) + 1;
  for (std::size_t i = 0; i < rounds; ++i) {
    if (input.empty()) input.push_back(0);
    switch (random.Below(6)) {
      case 0:
        input.resize(random.Below(input.size()));
        break;  // truncation
      case 1:
        input[random.Below(input.size())] ^= static_cast<std::uint8_t>(1u << random.Below(8));
        break;
      case 2:
        input[random.Below(input.size())] = static_cast<std::uint8_t>(random.Next());
        break;
      case 3:
        Overwrite(input, random);
        break;
      case 4:
        if (!corpus.empty()) Splice(input, corpus[random.Below(corpus.size())], random);
        break;
      default: {  // a piece taken out
        const std::size_t at = random.Below(input.size());
        const std::size_t length = std::min<std::size_t>(random.Below(64) + 1, input.size() - at);
        input.erase(input.begin() + static_cast<std::ptrdiff_t>(at),
                    input.begin() + static_cast<std::ptrdiff_t>(at + length));
      }
    }
  }
  return input;
}

/// What mutations within LLVMFuzzerMutate are chosen by.
Random inner_random(1);

/// Half of the mutations are the target's own, if it has any.
Bytes MutateForTarget(const Bytes& original, const std::vector<Bytes>& corpus, Random& random) {
  if (LLVMFuzzerCustomMutator == nullptr || random.Below(2) == 0) return Mutate(original, corpus, random);
  Bytes input = original;
  input.resize(original.size() + 1024);
  inner_random = Random(random.Next());
  const auto seed = static_cast<unsigned>(random.Next());
  input.resize(LLVMFuzzerCustomMutator(input.data(), original.size(), input.size(), seed));
  return input;
}

void AddFiles(const std::filesystem::path& path, std::vector<std::filesystem::path>& files) {
  if (!std::filesystem::is_directory(path)) {
    files.push_back(path);
    return;
  }
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
}

int Replay(const std::vector<std::filesystem::path>& files, std::size_t mutations) {
  std::vector<Bytes> corpus;
  for (const auto& file : files) {
    std::ifstream stream(file, std::ios::binary);
    if (!stream) {
      std::fprintf(stderr, "replay: cannot read %s\n", file.c_str());
      return 1;
    }
    corpus.emplace_back(std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>());
  }
  RunOne({});
  for (std::size_t i = 0; i < corpus.size(); ++i) {
    RunOne(corpus[i]);
    Random random(i + 1);
    for (std::size_t m = 0; m < mutations; ++m) RunOne(MutateForTarget(corpus[i], corpus, random));
  }
  std::printf("replay: %zu files, %zu inputs\n", corpus.size(), corpus.size() * (mutations + 1) + 1);
  return 0;
}

}  // namespace

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size) {
  const Bytes mutated = Mutate(Bytes(data, data + size), {}, inner_random);
  const std::size_t count = std::min(mutated.size(), max_size);
  std::copy_n(mutated.begin(), count, data);
  return count;
}

int main(int argc, char** argv) {
  std::size_t mutations = 0;
  std::vector<std::filesystem::path> files;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--mutations") == 0 && i + 1 < argc) {
      mutations = std::strtoul(argv[++i], nullptr, 10);
    } else if (std::filesystem::exists(argv[i])) {
      AddFiles(argv[i], files);
    } else {
      std::fprintf(stderr, "replay: no such file: %s\n", argv[i]);
      return 1;
    }
  }
  if (files.empty()) {
    std::fprintf(stderr, "replay: nothing to replay; usage: %s [--mutations N] FILE-OR-FOLDER...\n", argv[0]);
    return 1;
  }
  std::sort(files.begin(), files.end());  // the same order, hence the same mutations, on every file system
  crash_file = "crash-" + std::filesystem::path(argv[0]).filename().string() + ".bin";
  CatchCrashes();
  return Replay(files, mutations);
}
