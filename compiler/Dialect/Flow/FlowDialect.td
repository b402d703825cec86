// SPDX-License-Identifier: MIT

#ifndef FLOWC_DIALECT_FLOW_FLOWDIALECT_TD
#define FLOWC_DIALECT_FLOW_FLOWDIALECT_TD

include "mlir/IR/OpBase.td"

def FlowDialect : Dialect {
  let name = "flow";
  let cppNamespace = "::flowc::flow";
  let summary = "normalizing flows, one sample at a time";
  let description = [{
    Describes a model for ONE sample: vectors are `tensor<nxf64>`, scalars `tensor<f64>`, parameter matrices `tensor<mxnxf64>`.
    f64 stands for the real numbers: the element type of the machine is chosen when the schedule makes kernels. Element-wise
    arithmetic is that of the arith and math dialects; this dialect adds what they lack.

    The examples below are those of `tests/compiler/dialect/flow-syntax.mlir`.
  }];
}

class FlowOp<string mnemonic, list<Trait> traits = []> : Op<FlowDialect, mnemonic, traits>;

#endif
