// What the recorder must know of the processor: cpu_x86_64.h and its like. The build chooses one
// (cmake/MqtrackProcessor.cmake), and all of them declare the same:
//
//   kFramePointerRegister, kStackPointerRegister, kReturnAddressColumn   numbers that unwind tables use
//   ReturnAddressPlace, kReturnAddressOffset                             where a frame's return address lies
//   FrameOfHook                                                          what a hook's own frame holds
//   kPushedFramePointer                                                  where a function usually saves it
//   kRedZone                                                             bytes in use below the stack pointer
//   kSmallestPage, kLargestPage                                          what the kernel may use
//   kHasPlainSteps, PlainAdd, PlainSwap                                  counting while there is one thread
#pragma once

#include MQTRACK_RECORDER_CPU_H
