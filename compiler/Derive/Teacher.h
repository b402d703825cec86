// SPDX-License-Identifier: MIT

#pragma once

#include "mlir/Pass/Pass.h"

namespace flowc {

/// A model whose objective names another model of the module as its target learns from it: the teacher's log density becomes the
/// student's function `target`, the teacher's parameters become frozen ones of the student, behind its own and called TEACHER.NAME, and
/// the teacher itself goes. Expects derived layers.
std::unique_ptr<mlir::Pass> createTeacherPass();

} // namespace flowc
