// What the recorder must know of the processor: cpu_x86_64.h and its like. The build chooses one
// (cmake/MqtrackProcessor.cmake), and all of them declare the same:
//
//   kFramePointerRegister, kStackPointerRegister, kReturnAddressColumn   numbers that unwind tables use
//   ReturnPlace, kReturnPlaceVaries          where a frame's return address lies, as its unwind table says
//   LinkRegister                             the register that may hold it instead
//   ReturnAddressIn                          a word that a call has saved, without what signs it
//   IsReturnAddressLetter, IsReturnAddressInstruction                    what unwind tables say of signatures
//   FrameOfHook, MQTRACK_THIS_FRAME, KeptFrame                           what a hook's own frame holds
//   kPushedFramePointer                      where a function usually saves it
//   kFrameRecordIsOnTop                      whether a frame ends above what the frame pointer points at
//   kFramePointerOffsetBits, kReturnPlaceBits, kOffsetUnit               how a rule is packed into one word
//   kRedZone                                 bytes in use below the stack pointer
//   kHighestAddress                          the end of a process's memory
//   kSmallestPage, kLargestPage              what the kernel may use
//   kHasPlainSteps, PlainAdd, PlainSwap      counting while there is one thread
#pragma once

#include MQTRACK_RECORDER_CPU_H
