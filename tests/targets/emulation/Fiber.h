// SPDX-License-Identifier: MIT
//
// A stack of its own for work that stops and goes on. Changing to it and back is a jump: no system call, as swapcontext makes two of.

#pragma once

#include <csetjmp>
#include <functional>
#include <memory>
#include <ucontext.h>

namespace flowc::test {

class Fiber {
public:
  Fiber();
  ~Fiber();
  Fiber(const Fiber &) = delete;

  /// Runs until the work stops or is done. Work that is done begins anew the next time.
  void go(const std::function<void()> &work);
  /// Back to who said go; called by the work.
  void stop();
  bool isDone() const { return done; }
  /// Forgets work that will never go on.
  void abandon() { done = true, isMade = false; }

private:
  void make();
  static void enter();

  static inline Fiber *entered = nullptr;
  std::unique_ptr<char[]> stack;
  ucontext_t first; ///< For the first jump onto the stack, which needs more than a place.
  jmp_buf here, back;
  const std::function<void()> *work = nullptr;
  bool isMade = false, done = true;
};

} // namespace flowc::test
