// SPDX-License-Identifier: MIT
//
// The four questions that every op of a layer answers, and three that some can answer better than the usual way. No pass holds a
// switch over op names: to add an op is to answer them.
// Ops of upstream dialects answer through external models (Flow/Models).

#ifndef FLOWC_DIALECT_FLOW_FLOWINTERFACES_TD
#define FLOWC_DIALECT_FLOW_FLOWINTERFACES_TD

include "mlir/IR/OpBase.td"

def DependencyOpInterface : OpInterface<"DependencyOpInterface"> {
  let cppNamespace = "::flowc::flow";
  let description = [{
    Which elements of the layer's input does each element of the result depend on? Answers are exact, element by element: the
    structure of a layer, and so its inverse, is read off them. Sets are interned in a pool, so that comparing two is comparing two
    numbers.

    ```mlir
    %b = flow.extract %x [1] : tensor<2xf64> -> tensor<1xf64>   // b[0] on {x[1]}; moved from (operand 0, element 1)
    %e = math.exp %x : tensor<2xf64>                            // e[0] on {x[0]}, e[1] on {x[1]}; element-wise
    %s = flow.sum %x : tensor<2xf64> -> tensor<f64>             // s on {x[0], x[1]}; neither
    ```
  }];
  let methods = [
    InterfaceMethod<[{
      Given, for every operand, one set of input elements per element, returns the same for the (only) result. Sets may be too
      large, never too small; 0 is the empty set: a value of parameters alone.
    }], "::flowc::flow::ElementSets", "dependencies", (ins "::llvm::ArrayRef<::flowc::flow::ElementSets>":$operands,
        "::flowc::flow::SetPool &":$pool)>,
    InterfaceMethod<[{
      If every element of the result is ONE element of one operand, moved: fills `source` with (operand number, element) per
      result element and returns true. `flow.extract` and a `flow.merge` without holes say yes. By default no, and `source` is
      left as it was.
    }], "bool", "movedFrom", (ins "::llvm::SmallVectorImpl<std::pair<unsigned, int64_t>> &":$source),
      /*methodBody=*/"", /*defaultImplementation=*/"return false;">,
    InterfaceMethod<[{
      Whether element i of the result depends on element i of each operand and on nothing else: then the op can be rebuilt for some
      elements alone, and runs inside a map. By default no.
    }],
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
  let description = [{
    Given the operands' ranges, what range has the result? Proofs that a derivative has one sign rest on the answers, so too large an
    interval is a weakness, too small a one an error. Ends are open where they are not attained.

    ```mlir
    %e = math.exp %x : tensor<2xf64>      // x in (-inf, inf): e in (0, inf)
    %s = arith.addf %e, %one : tensor<2xf64>  // with one in [1, 1]: s in (1, inf)
    ```
  }];
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
      How far the result moves at most where operand k, which lies in `operands[k]`, moves by `moves[k]`: in the Euclidean norm, and
      of an element-wise op also element by element, if all operands that move do so with one and the same thing. `norms` bound the
      operands' own norms: of a vector the Euclidean, of a matrix the spectral one. Products of the answers are Lipschitz bounds.
      Infinite if it does not say.
    }], "double", "steepness", (ins "::llvm::ArrayRef<::flowc::flow::Interval>":$operands, "::llvm::ArrayRef<double>":$norms,
        "::llvm::ArrayRef<double>":$moves), "", "return ::flowc::flow::kInfinity;">,
    InterfaceMethod<[{
      A bound of the result's Euclidean norm (of a matrix: Frobenius'), given the operands' ranges and norms; infinite if it does not
      say. (What follows from the result's range every pass knows.)
    }], "double", "norm", (ins "::llvm::ArrayRef<::flowc::flow::Interval>":$operands, "::llvm::ArrayRef<double>":$norms), "",
      "return ::flowc::flow::kInfinity;">,
    InterfaceMethod<[{
      A bound of the spectral norm of a matrix, how many times longer it makes a vector at most, given the same of the operands; infinite
      if it does not say. (That it is not above the other norm every pass knows.)
    }], "double", "spectralNorm", (ins "::llvm::ArrayRef<double>":$norms), "", "return ::flowc::flow::kInfinity;">,
    InterfaceMethod<[{
      All elements of the result in f64, of an op that neither works element by element nor is a sum of products; empty if it does not say.
    }], "::llvm::SmallVector<double>", "evaluateAll", (ins "::llvm::ArrayRef<::llvm::ArrayRef<double>>":$operands), "", "return {};">,
    InterfaceMethod<[{
      What an element of an element-wise result tends to, given what its operands tend to together.
    }], "::flowc::flow::Limit", "limit", (ins "::mlir::OpBuilder &":$builder,
        "::llvm::ArrayRef<::flowc::flow::Limit>":$operands), "", "return ::flowc::flow::Limit::unknown();">,
  ];
}

def SolveOpInterface : OpInterface<"SolveOpInterface"> {
  let cppNamespace = "::flowc::flow";
  let description = [{
    Given the result and all operands but one, what is that operand? The inverse of a formula is its ops solved from the outside in.

    ```mlir
    %y = arith.mulf %x, %s : tensor<2xf64>   // solved for operand 0: %x = %y / %s, if 0 is not in the range of %s
    ```
  }];
  let methods = [
    InterfaceMethod<[{
      Builds operand number `unknown` from the `result`; `operands[unknown]` is null. `ranges` are the operands' ranges. Returns
      null if there is no closed form.
      An answer must hold for all operands within their ranges.
    }], "::mlir::Value", "solve", (ins "::mlir::OpBuilder &":$builder, "unsigned":$unknown, "::mlir::Value":$result,
        "::llvm::ArrayRef<::mlir::Value>":$operands, "::llvm::ArrayRef<::flowc::flow::Interval>":$ranges)>,
    InterfaceMethod<[{
      Whether the result of an element-wise op rises (or falls) where that operand alone does; nothing, as by default, if it does not
      say. What is known of a formula's direction is known of what the op is applied to.
    }], "std::optional<bool>", "rises", (ins "unsigned":$operand, "::llvm::ArrayRef<::flowc::flow::Interval>":$ranges), "",
      "return std::nullopt;">,
  ];
}

def DifferentiateOpInterface : OpInterface<"DifferentiateOpInterface"> {
  let cppNamespace = "::flowc::flow";
  let description = [{
    How does the result change with the operands? All answers are built from `operands` and `result`, the values that stand for
    the op's own in the function under construction. Tangents (forward) give log-determinants and the derivatives of roots, adjoints
    (reverse) give gradients.

    ```mlir
    %y = math.exp %x : tensor<2xf64>         // tangent dy = y * dx; adjoint of x = adjoint of y * y; log|dy/dx| = x
    ```
  }];
  let methods = [
    InterfaceMethod<[{
      The result's tangent, given one tangent per operand (null: zero), not all of them null. Null if it is zero.
    }], "::mlir::Value", "tangent", (ins "::mlir::OpBuilder &":$builder, "::llvm::ArrayRef<::mlir::Value>":$operands,
        "::mlir::Value":$result, "::llvm::ArrayRef<::mlir::Value>":$tangents)>,
    InterfaceMethod<[{
      The result's tangents along `columns` directions at once, of an op that is not element-wise (every pass knows how those go). Here
      a tangent has `columns` numbers for every element, one element's after the other's: a matrix written row by row. Failure, as by
      default, if the op knows none.
    }], "::llvm::FailureOr<::mlir::Value>", "wideTangent", (ins "::mlir::OpBuilder &":$builder, "::llvm::ArrayRef<::mlir::Value>":$operands,
        "::llvm::ArrayRef<::mlir::Value>":$tangents, "int64_t":$columns), "", "return ::mlir::failure();">,
    InterfaceMethod<[{
      Fills in the operands' adjoints, given the result's; only for the operands that `wanted` names. The others stay null, as does
      an adjoint that is zero.
    }], "void", "adjoints", (ins "::mlir::OpBuilder &":$builder, "::llvm::ArrayRef<::mlir::Value>":$operands,
        "::mlir::Value":$result, "::mlir::Value":$resultAdjoint, "const ::llvm::BitVector &":$wanted,
        "::llvm::SmallVectorImpl<::mlir::Value> &":$operandAdjoints)>,
    InterfaceMethod<[{
      log|d result / d operand| of an element-wise op, in a form that is stable where the derivative itself over- or underflows;
      null, as by default, if there is none better than the logarithm of the tangent.
    }], "::mlir::Value", "logDerivative", (ins "::mlir::OpBuilder &":$builder, "unsigned":$operand,
        "::llvm::ArrayRef<::mlir::Value>":$operands, "::mlir::Value":$result), "", "return {};">,
  ];
}

def NonZeroOpInterface : OpInterface<"NonZeroOpInterface"> {
  let cppNamespace = "::flowc::flow";
  let description = [{Which elements of the result can be nonzero? Ops that do not answer can be nonzero everywhere.}];
  let methods = [
    InterfaceMethod<"One bit per element of the result, in row-major order, given the same for every operand.",
      "::llvm::BitVector", "nonZeros", (ins "::llvm::ArrayRef<::llvm::BitVector>":$operands)>,
  ];
}

def HeldOpInterface : OpInterface<"HeldOpInterface"> {
  let cppNamespace = "::flowc::flow";
  let description = [{
    Of an op through which no gradient passes, as it is no formula of its operands: what has its value, and is differentiated in its
    place?

    ```mlir
    %k = flow.detach %x : tensor<2xf64>   // nothing: a constant
    %r = flow.root %y {...}               // one Newton step from the detached root
    ```
  }];
  let methods = [
    InterfaceMethod<[{
      Builds, at the place of `builder` behind the op, a formula of the op's value that equals it. `held` is the result, detached. Null, as
      by default, if the result is a constant to all gradients. Failure, reported, if there is no such formula.
    }], "::llvm::FailureOr<::mlir::Value>", "expose", (ins "::mlir::OpBuilder &":$builder, "::mlir::Value":$held), "",
      "return ::mlir::Value();">,
  ];
}

def PartialOpInterface : OpInterface<"PartialOpInterface"> {
  let cppNamespace = "::flowc::flow";
  let description = [{
    How are some elements of the result built, from no more of the operands than they need? (Of element-wise and index ops every
    pass knows; others that do not answer are built whole.)
  }];
  let methods = [
    InterfaceMethod<"The operand of which only some elements are needed; all of every other one is.",
      "unsigned", "partialOperand", (ins)>,
    InterfaceMethod<"Which of that operand's elements every element of the result needs.",
      "::flowc::flow::NeededElements", "neededElements", (ins)>,
    InterfaceMethod<[{
      Builds `elements` of the result. The partial operand is given as a vector of its elements `given`, in that order, which
      hold all that are needed.
    }], "::mlir::Value", "buildPart", (ins "::mlir::OpBuilder &":$builder, "::llvm::ArrayRef<::mlir::Value>":$operands,
        "::llvm::ArrayRef<int64_t>":$elements, "::llvm::ArrayRef<int64_t>":$given)>,
  ];
}

#endif
