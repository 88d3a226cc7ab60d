// One measurement as it arrived from a device.
#pragma once

#include <cstdint>
#include <string>

namespace sample {

struct Reading {
  std::string topic;           // telemetry/<device>/<quantity>
  double value = 0;            // the payload as a number; 0 if it is none
  std::uint64_t sequence = 0;  // counts the readings of this run, from 1
};

}  // namespace sample
