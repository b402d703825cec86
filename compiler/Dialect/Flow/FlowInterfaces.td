// SPDX-License-Identifier: MIT
//
// The four questions that every op of a layer answers. No pass holds a switch over op names: to add an op is to answer them.
// Ops of upstream dialects answer through external models (Flow/Models).

#ifndef FLOWC_DIALECT_FLOW_FLOWINTERFACES_TD
#define FLOWC_DIALECT_FLOW_FLOWINTERFACES_TD

include "mlir/IR/OpBase.td"

def DependencyOpInterface : OpInterface<"DependencyOpInterface"> {
  let cppNamespace = "::flowc::flow";
  let description = [{Which elements of the layer's input does each element of the result depend on?}];
  let methods = [
    InterfaceMethod<[{
      Given, for every operand, one set of input elements per element, returns the same for the (only) result.
    }], "::flowc::flow::ElementSets", "dependencies", (ins "::llvm::ArrayRef<::flowc::flow::ElementSets>":$operands,
        "::flowc::flow::SetPool &":$pool)>,
    InterfaceMethod<[{
      If every element of the result is ONE element of one operand, moved: fills `source` with (operand number, element) per
      result element and returns true. Index ops (extract, merge) say yes; everything else no.
    }], "bool", "movedFrom", (ins "::llvm::SmallVectorImpl<std::pair<unsigned, int64_t>> &":$source),
      /*methodBody=*/"", /*defaultImplementation=*/"return false;">,
    InterfaceMethod<[{Whether element i of the result depends on element i of each operand and on nothing else.}],
      "bool", "isElementwise", (ins), "", "return false;">,
    InterfaceMethod<[{
      If an element of the result is a sum of products of elements of the operands: fills `sum` with its terms, each a list of factors
      (operand number, element), and returns true.
    }], "bool", "sumOfProducts", (ins "int64_t":$element,
        "::llvm::SmallVectorImpl<::llvm::SmallVector<std::pair<unsigned, int64_t>, 2>> &":$sum),
      /*methodBody=*/"", /*defaultImplementation=*/"return false;">,
  ];
}

def RangeOpInterface : OpInterface<"RangeOpInterface"> {
  let cppNamespace = "::flowc::flow";
  let description = [{Given the operands' ranges, what range has the result?}];
  let methods = [
    InterfaceMethod<"One interval that holds for all elements; must never be too small.",
      "::flowc::flow::Interval", "inferRange", (ins "::llvm::ArrayRef<::flowc::flow::Interval>":$operands)>,
    InterfaceMethod<"Where the op is defined; everywhere, if it does not say.",
      "::llvm::SmallVector<::flowc::flow::Requirement>", "requirements", (ins), "", "return {};">,
    InterfaceMethod<"One element of an element-wise result, in f64.",
      "double", "evaluate", (ins "::llvm::ArrayRef<double>":$operands), "",
      "return std::numeric_limits<double>::quiet_NaN();">,
    InterfaceMethod<[{
      One element of an element-wise result as an SMT-LIB term of its operands'; "" if it is no rational or piecewise rational
      function of them.
    }], "std::string", "smtTerm", (ins "::llvm::ArrayRef<std::string>":$operands), "", "return {};">,
    InterfaceMethod<[{
      The same by other ops, for an op that has neither a term nor lemmas of its own; null if there is none.
    }], "::mlir::Value", "expand", (ins "::mlir::OpBuilder &":$builder), "", "return {};">,
    InterfaceMethod<[{
      What an element of an element-wise result tends to, given what its operands tend to together.
    }], "::flowc::flow::Limit", "limit", (ins "::mlir::OpBuilder &":$builder,
        "::llvm::ArrayRef<::flowc::flow::Limit>":$operands), "", "return ::flowc::flow::Limit::unknown();">,
  ];
}

def SolveOpInterface : OpInterface<"SolveOpInterface"> {
  let cppNamespace = "::flowc::flow";
  let description = [{Given the result and all operands but one, what is that operand?}];
  let methods = [
    InterfaceMethod<[{
      Builds operand number `unknown` from the `result`; `operands[unknown]` is null. `ranges` are the operands' ranges. Returns
      null if there is no closed form.
    }], "::mlir::Value", "solve", (ins "::mlir::OpBuilder &":$builder, "unsigned":$unknown, "::mlir::Value":$result,
        "::llvm::ArrayRef<::mlir::Value>":$operands, "::llvm::ArrayRef<::flowc::flow::Interval>":$ranges)>,
  ];
}

def DifferentiateOpInterface : OpInterface<"DifferentiateOpInterface"> {
  let cppNamespace = "::flowc::flow";
  let description = [{
    How does the result change with the operands? All answers are built from `operands` and `result`, the values that stand for
    the op's own in the function under construction.
  }];
  let methods = [
    InterfaceMethod<[{
      The result's tangent, given one tangent per operand (null: zero). Null if it is zero.
    }], "::mlir::Value", "tangent", (ins "::mlir::OpBuilder &":$builder, "::llvm::ArrayRef<::mlir::Value>":$operands,
        "::mlir::Value":$result, "::llvm::ArrayRef<::mlir::Value>":$tangents)>,
    InterfaceMethod<[{
      The operands' adjoints, given the result's; only for the operands that `wanted` names (others stay null).
    }], "void", "adjoints", (ins "::mlir::OpBuilder &":$builder, "::llvm::ArrayRef<::mlir::Value>":$operands,
        "::mlir::Value":$result, "::mlir::Value":$resultAdjoint, "const ::llvm::BitVector &":$wanted,
        "::llvm::SmallVectorImpl<::mlir::Value> &":$operandAdjoints)>,
    InterfaceMethod<[{
      log|d result / d operand| of an element-wise op, in a form that is stable where the derivative itself over- or underflows;
      null if there is none better than the logarithm of the tangent.
    }], "::mlir::Value", "logDerivative", (ins "::mlir::OpBuilder &":$builder, "unsigned":$operand,
        "::llvm::ArrayRef<::mlir::Value>":$operands, "::mlir::Value":$result), "", "return {};">,
  ];
}

#endif
