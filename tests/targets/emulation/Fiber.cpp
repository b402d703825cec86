// SPDX-License-Identifier: MIT

#include "tests/targets/emulation/Fiber.h"

namespace flowc::test {

static constexpr size_t kStackBytes = 256 << 10;

Fiber::Fiber() : stack(new char[kStackBytes]) {}
Fiber::~Fiber() = default;

void Fiber::make() {
  getcontext(&first);
  first.uc_stack.ss_sp = stack.get();
  first.uc_stack.ss_size = kStackBytes;
  first.uc_link = nullptr;
  makecontext(&first, enter, 0);
  isMade = true;
}

/// Lives as long as the fiber.
void Fiber::enter() {
  Fiber &self = *entered;
  for (;;) {
    (*self.work)();
    self.done = true;
    self.stop();
  }
}

void Fiber::go(const std::function<void()> &given) {
  if (done)
    work = &given;
  done = false;
  if (_setjmp(back))
    return;
  if (isMade)
    _longjmp(here, 1);
  make();
  entered = this;
  setcontext(&first);
}

void Fiber::stop() {
  if (!_setjmp(here))
    _longjmp(back, 1);
}

} // namespace flowc::test
