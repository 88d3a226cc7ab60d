#include "preload/recorder/live/sampler.h"

#include <cstring>
#include <ctime>

#include "libtrack/log/layout.h"

namespace mqtrack::recorder {
namespace {

constexpr double kLn2 = 0.69314718055994530942;

/// xorshift64* (Marsaglia; Vigna): 64 random bits, seeded by thread and time.
std::uint64_t NextRandom(ThreadState& thread) {
  if (thread.random == 0) {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    thread.random = log::Mix(reinterpret_cast<std::uintptr_t>(&thread) ^ static_cast<std::uint64_t>(now.tv_nsec) << 20 ^
                             static_cast<std::uint64_t>(now.tv_sec)) |
                    1;
  }
  std::uint64_t x = thread.random;
  x ^= x >> 12;
  x ^= x << 25;
  x ^= x >> 27;
  thread.random = x;
  return x * 0x2545f4914f6cdd1dULL;
}

std::int64_t NextGap(ThreadState& thread, std::uint64_t interval) {
  const double u = (static_cast<double>(NextRandom(thread) >> 11) + 1) * 0x1p-53;  // (0, 1]
  return static_cast<std::int64_t>(NegativeLog(u) * static_cast<double>(interval)) + 1;
}

double FromBits(std::uint64_t bits) {
  double value = 0;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

}  // namespace

double NegativeLog(double u) {
  // u = m * 2^e with m in [sqrt(1/2), sqrt(2)); ln m = 2 artanh((m - 1) / (m + 1)), a series in t^2 <= 0.0295.
  std::uint64_t bits = 0;
  std::memcpy(&bits, &u, sizeof bits);
  int exponent = static_cast<int>(bits >> 52 & 0x7ff) - 1022;
  double m = FromBits((bits & 0x000fffffffffffffULL) | 0x3fe0000000000000ULL);  // [0.5, 1)
  if (m < 0.70710678118654752440) m *= 2, --exponent;
  const double t = (m - 1) / (m + 1), t2 = t * t;
  double sum = 0;
  for (int k = 21; k >= 1; k -= 2) sum = sum * t2 + 1.0 / k;
  return -(2 * t * sum + exponent * kLn2);
}

double ExpNegative(double x) {
  if (x > 700) return 0;
  const int halvings = static_cast<int>(x / kLn2);
  const double r = x - halvings * kLn2;  // [0, ln 2)
  double sum = 1;
  for (int k = 18; k >= 1; --k) sum = 1 - sum * r / k;
  return sum * FromBits(static_cast<std::uint64_t>(1023 - halvings) << 52);
}

bool IsSampled(ThreadState& thread, std::uint64_t bytes, std::uint64_t interval) {
  if (thread.random == 0) thread.until_sample = NextGap(thread, interval);
  if (IsBeforeSample(thread, bytes)) return false;
  // At least one sample point fell into this block. The process has no memory: the next gap starts afresh at its end.
  thread.until_sample = NextGap(thread, interval);
  return true;
}

std::uint64_t SampleWeight(std::uint64_t bytes, std::uint64_t interval) {
  const double chance = 1 - ExpNegative(static_cast<double>(bytes) / static_cast<double>(interval));
  const double weight = chance > 0 ? 1 / chance : static_cast<double>(interval);
  return static_cast<std::uint64_t>(weight * static_cast<double>(log::kSampleUnit) + 0.5);
}

}  // namespace mqtrack::recorder
