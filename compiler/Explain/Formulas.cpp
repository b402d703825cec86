// SPDX-License-Identifier: MIT

#include "compiler/Explain/Formulas.h"

#include "compiler/Dialect/Flow/FlowDialect.h"
#include "compiler/Dialect/Flow/Models/ScalarRules.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/Format.h"

using namespace mlir;
using namespace flowc::flow;

namespace flowc {
namespace {

/// How tightly a text binds.
enum Binding { kSum = 1, kProduct, kSign, kPower, kAtom };

struct Text {
  std::string text;
  int binding = kAtom;

  std::string in(int context) const { return binding < context ? "(" + text + ")" : text; }
};

/// Infix operators; the right operand of - and / binds one tighter.
struct Infix {
  llvm::StringRef op, symbol;
  int binding;
  bool tightRight;
};
constexpr Infix kInfix[] = {{"arith.addf", " + ", kSum, false},
                            {"arith.subf", " - ", kSum, true},
                            {"arith.mulf", " * ", kProduct, false},
                            {"arith.divf", " / ", kProduct, true},
                            {"math.powf", "^", kPower, true}};

/// Functions that are no row of the scalar table.
constexpr std::pair<llvm::StringRef, llvm::StringRef> kCalls[] = {
    {"arith.maximumf", "max"}, {"arith.minimumf", "min"}, {"arith.select", "where"}, {"flow.sum", "sum"}};

std::string number(double value) {
  if (value == static_cast<int64_t>(value) && std::abs(value) < 1e15)
    return std::to_string(static_cast<int64_t>(value));
  llvm::SmallString<32> text;
  llvm::raw_svector_ostream(text) << llvm::format("%.6g", value);
  return text.str().str();
}

/// [0, 2, 5] as a list, [1:4] and [0::2] where evenly spaced.
std::string subscript(llvm::ArrayRef<int64_t> indices) {
  std::string text;
  llvm::raw_string_ostream out(text);
  int64_t step = indices.size() > 1 ? indices[1] - indices[0] : 1;
  bool even = indices.size() > 3 && step > 0;
  for (size_t i = 1; i < indices.size(); ++i)
    even &= indices[i] - indices[i - 1] == step;
  if (even) {
    out << "[" << indices.front() << ":" << indices.back() + 1;
    if (step != 1)
      out << ":" << step;
    out << "]";
    return text;
  }
  out << "[";
  if (indices.size() > 12) {
    llvm::interleaveComma(indices.take_front(10), out);
    out << ", ... " << indices.back();
  } else {
    llvm::interleaveComma(indices, out);
  }
  out << "]";
  return text;
}

/// The same of what is taken out of a matrix: some of its rows, and of these some columns.
std::string subscript(ExtractOp op) {
  llvm::ArrayRef<int64_t> indices = op.getIndices();
  auto matrix = cast<RankedTensorType>(op.getVector().getType()), block = cast<RankedTensorType>(op.getType());
  if (matrix.getRank() != 2 || block.getRank() != 2 || indices.empty())
    return subscript(indices);
  int64_t width = matrix.getDimSize(1), taken = block.getDimSize(1);
  llvm::SmallVector<int64_t> rows, columns;
  for (int64_t k = 0; k < taken; ++k)
    columns.push_back(indices[k] % width);
  for (size_t k = 0; k < indices.size(); ++k) {
    if (k % taken == 0)
      rows.push_back(indices[k] / width);
    if (indices[k] != rows.back() * width + columns[k % taken])
      return subscript(indices);
  }
  return subscript(rows) + subscript(columns);
}

class FormulaPrinter {
public:
  FormulaPrinter(StringRef input, StringRef result) : result(result) { used.insert(input); }

  Formulas print(func::FuncOp function, StringRef input) {
    Block &block = function.getBody().front();
    names[block.getArgument(0)] = input.str();
    Operation *end = block.getTerminator();
    Formulas formulas;
    lines = &formulas.value;
    printResult(end->getOperand(0));
    lines = &formulas.logDet;
    line("log_det", text(end->getOperand(1)).text);
    return formulas;
  }

  /// One formula on one line, every value but the named ones written where it is used.
  std::string printInline(Value value, const llvm::DenseMap<Value, std::string> &given) {
    names = given;
    return text(value).text;
  }

private:
  void line(const llvm::Twine &left, const llvm::Twine &right) { lines->push_back((left + " = " + right).str()); }

  /// A result that is put together of parts is a line per part.
  void printResult(Value value) {
    auto merge = value.getDefiningOp<MergeOp>();
    if (!merge) {
      line(result, text(value).text);
      names[value] = result;
      return;
    }
    for (auto [k, piece] : llvm::enumerate(merge.getPieces())) {
      std::string left = result + subscript(merge.pieceIndices(k));
      line(left, text(piece).text);
      if (piece.getDefiningOp() && !isa<ExtractOp>(piece.getDefiningOp()))
        names[piece] = left;
    }
    names[value] = result;
  }

  Text text(Value value) {
    if (auto known = names.find(value); known != names.end())
      return {known->second};
    if (auto constant = constantValue(value))
      return {number(*constant), *constant < 0 ? kSign : kAtom};
    Operation *op = value.getDefiningOp();
    Text formula = opText(op);
    if (!lines || !deservesName(op))
      return formula;
    std::string name = nameFor(op);
    line(name, formula.text);
    names[value] = name;
    return {name};
  }

  /// Whether a value is worth a line of its own: a name of the user's on something longer than a rename, a network's product, or
  /// something long that is used twice.
  bool deservesName(Operation *op) {
    bool truth = !isa<FloatType>(getElementTypeOrSelf(op->getResult(0).getType()));
    if (truth || isa<ReadOp, ContextOp, SplatOp>(op))
      return false;
    if (isa<NameLoc>(op->getLoc()) || isa<RootOp, FixedPointOp>(op))
      return true;
    if (isa<ExtractOp>(op))
      return false;
    Value value = op->getResult(0);
    bool overProduct = llvm::any_of(op->getOperands(), [](Value v) {
      return v.getDefiningOp() && isa<MatvecOp>(v.getDefiningOp());
    });
    if (isa<MatvecOp>(op))
      return !value.hasOneUse();
    return overProduct ? !value.hasOneUse() || isa<arith::AddFOp>(op) : !value.hasOneUse() && op->getNumOperands() > 1;
  }

  std::string nameFor(Operation *op) {
    std::string stem = "t";
    if (auto named = dyn_cast<NameLoc>(op->getLoc()))
      stem = named.getName().str();
    if (isa<MatvecOp>(op) || (stem == "t" && isa<arith::AddFOp>(op)))
      stem = "h";
    return uniqueName(stem);
  }

  static std::string parameterName(StringRef path) {
    // "0.affine_coupling.net.hidden.0.weight" -> "net.hidden.0.weight"
    return path.split('.').second.split('.').second.str();
  }

  Text opText(Operation *op) {
    StringRef name = op->getName().getStringRef();
    for (const Infix &infix : kInfix)
      if (infix.op == name)
        return {text(op->getOperand(0)).in(infix.binding) + infix.symbol.str() +
                    text(op->getOperand(1)).in(infix.binding + infix.tightRight),
                infix.binding};
    if (isa<arith::NegFOp>(op))
      return {"-" + text(op->getOperand(0)).in(kSign), kSign};
    if (auto read = dyn_cast<ReadOp>(op))
      return {parameterName(read.getParameter())};
    if (isa<ContextOp>(op))
      return {"context"};
    if (isa<SplatOp, ConstrainedOp, NormBoundedOp, DetachOp>(op))
      return text(op->getOperand(0));
    if (auto constant = dyn_cast<arith::ConstantOp>(op))
      return {constantText(constant)};
    if (auto extract = dyn_cast<ExtractOp>(op)) // Of all elements of a matrix, one after the other: the matrix.
      return isWhole(extract) ? text(extract.getVector()) : Text{text(extract.getVector()).in(kAtom) + subscript(extract)};
    if (auto matvec = dyn_cast<MatvecOp>(op))
      return {text(matvec.getMatrix()).in(kAtom) + (matvec.getTransposed() ? "' . " : " . ") +
                  text(matvec.getVector()).in(kAtom),
              kProduct};
    if (auto root = dyn_cast<RootOp>(op))
      return rootText(root);
    if (auto point = dyn_cast<FixedPointOp>(op))
      return fixedPointText(point);
    if (auto compare = dyn_cast<arith::CmpFOp>(op))
      return {text(compare.getLhs()).in(kSum) + " " + comparison(compare.getPredicate()) + " " +
                  text(compare.getRhs()).in(kSum),
              0};
    return callText(op);
  }

  static bool isWhole(ExtractOp op) {
    auto all = llvm::seq<int64_t>(0, elementCount(op.getVector()));
    return std::equal(op.getIndices().begin(), op.getIndices().end(), all.begin(), all.end());
  }

  /// A list of numbers, of which the first are shown.
  static std::string constantText(arith::ConstantOp op) {
    constexpr int64_t kShown = 8;
    auto dense = dyn_cast<DenseFPElementsAttr>(op.getValue());
    if (!dense)
      return "constant";
    std::string list;
    for (APFloat value : llvm::make_range(dense.begin(), std::next(dense.begin(), std::min(kShown, dense.getNumElements()))))
      list += (list.empty() ? "" : ", ") + number(value.convertToDouble());
    return "[" + list + (dense.getNumElements() > kShown ? ", ...]" : "]");
  }

  static std::string comparison(arith::CmpFPredicate predicate) {
    switch (predicate) {
    case arith::CmpFPredicate::OGT: return ">";
    case arith::CmpFPredicate::OGE: return ">=";
    case arith::CmpFPredicate::OLT: return "<";
    case arith::CmpFPredicate::OLE: return "<=";
    default: return arith::stringifyCmpFPredicate(predicate).str();
    }
  }

  Text callText(Operation *op) {
    std::string arguments;
    for (Value operand : op->getOperands())
      arguments += (arguments.empty() ? "" : ", ") + text(operand).text;
    return {functionName(op).str() + "(" + arguments + ")"};
  }

  /// The stem, or the stem and the first number that makes a name of its own.
  std::string uniqueName(const std::string &stem) {
    std::string name = stem;
    for (unsigned &k = last.try_emplace(stem, 1).first->second; !used.insert(name).second;)
      name = stem + std::to_string(++k);
    return name;
  }

  /// A name for what a root or fixed point is the value of.
  std::string nameUnknown(Value unknown) { return names[unknown] = uniqueName("t"); }

  Text fixedPointText(FixedPointOp point) {
    Block &body = point.getBody().front();
    std::string unknown = nameUnknown(body.getArgument(0));
    return {"the " + unknown + " with " + unknown + " = " + text(body.getTerminator()->getOperand(0)).text};
  }

  Text rootText(RootOp root) {
    Block &body = root.getBody().front();
    std::string unknown = nameUnknown(body.getArgument(0));
    std::string target = text(root.getTarget()).text;
    return {"the " + unknown + " with " + text(cast<YieldOp>(body.getTerminator()).getValues()[0]).text + " = " + target};
  }

  std::string result;
  std::vector<std::string> *lines = nullptr;
  llvm::DenseMap<Value, std::string> names;
  llvm::StringSet<> used;
  /// The last number that was given to a stem.
  llvm::StringMap<unsigned> last;
};

/// Leaves out of a formula what makes it too long to read: names the inner terms of more than their share of `room` symbols "...".
class Shortener {
public:
  explicit Shortener(llvm::DenseMap<Value, std::string> &names) : names(names) {}

  void fit(Value value, size_t room) {
    if (sizeOf(value) <= room)
      return;
    if (room < kLeast) {
      names[value] = "...";
      return;
    }
    // Small operands get all they need, and what they leave goes to the others.
    llvm::SmallVector<Value> operands(value.getDefiningOp()->getOperands());
    llvm::stable_sort(operands, [&](Value a, Value b) { return sizeOf(a) < sizeOf(b); });
    size_t rest = room - 1;
    for (auto [k, operand] : llvm::enumerate(operands)) {
      size_t share = rest / (operands.size() - k);
      fit(operand, share);
      rest -= std::min(share, sizeOf(operand));
    }
  }

private:
  /// No term is taken apart to show less of it than this.
  static constexpr size_t kLeast = 6;

  /// The number of symbols of the formula written out.
  size_t sizeOf(Value value) {
    auto [found, inserted] = sizes.try_emplace(value, 1);
    Operation *op = value.getDefiningOp();
    if (!inserted || !op || names.contains(value))
      return found->second;
    size_t size = 1;
    for (Value operand : op->getOperands())
      size += sizeOf(operand);
    return sizes[value] = size;
  }

  llvm::DenseMap<Value, std::string> &names;
  llvm::DenseMap<Value, size_t> sizes;
};

} // namespace

StringRef functionName(Operation *op) {
  if (const ScalarRule *rule = findScalarRule(op))
    return rule->name;
  for (const Infix &infix : kInfix)
    if (infix.op == op->getName().getStringRef())
      return infix.symbol.trim();
  for (auto [opName, call] : kCalls)
    if (opName == op->getName().getStringRef())
      return call;
  return op->getName().stripDialect();
}

std::string printInline(Value value, const llvm::DenseMap<Value, std::string> &names) {
  constexpr size_t kReadable = 80;
  llvm::DenseMap<Value, std::string> shown = names;
  Shortener(shown).fit(value, kReadable);
  return FormulaPrinter("", "").printInline(value, shown);
}

Formulas printFormulas(func::FuncOp function, StringRef input, StringRef result) {
  return FormulaPrinter(input, result).print(function, input);
}

} // namespace flowc
