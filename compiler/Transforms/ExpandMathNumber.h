// SPDX-License-Identifier: MIT
//
// The number type of the kernels (ExpandMathFormat.h) whose operators build IR: scalars and vectors of f32 or f64
// alike.

#pragma once

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"

#include <map>
#include <type_traits>

namespace flowc::kernels {

/// Where one expansion builds its ops, and the constants that it has made. All numbers of it have one type.
class IrSite {
public:
  IrSite(mlir::OpBuilder &builder, mlir::Location loc, mlir::Type type) : builder(builder), loc(loc), type(type) {
    auto element = builder.getIntegerType(getElementTypeOrSelf(type).getIntOrFloatBitWidth());
    auto vector = mlir::dyn_cast<mlir::VectorType>(type);
    bitsType = vector ? mlir::Type(vector.clone(element)) : mlir::Type(element);
  }

  template <typename Op, typename... Args> mlir::Value make(Args &&...args) {
    return Op::create(builder, loc, std::forward<Args>(args)...);
  }
  mlir::Value number(double value) {
    auto element = mlir::cast<mlir::FloatType>(getElementTypeOrSelf(type));
    llvm::APFloat converted(value);
    bool lossy = false;
    converted.convert(element.getFloatSemantics(), llvm::APFloat::rmNearestTiesToEven, &lossy);
    return constant(numbers, converted.bitcastToAPInt().getZExtValue(), type, mlir::FloatAttr::get(element, converted));
  }
  mlir::Value integer(int64_t value) {
    auto element = mlir::cast<mlir::IntegerType>(getElementTypeOrSelf(bitsType));
    llvm::APInt converted(element.getWidth(), static_cast<uint64_t>(value), /*isSigned=*/true, /*implicitTrunc=*/true);
    return constant(integers, static_cast<uint64_t>(value), bitsType, mlir::IntegerAttr::get(element, converted));
  }

  mlir::OpBuilder &builder;
  mlir::Location loc;
  mlir::Type type, bitsType;

private:
  using Constants = std::map<uint64_t, mlir::Value>;

  mlir::Value constant(Constants &made, uint64_t key, mlir::Type shape, mlir::TypedAttr value) {
    mlir::Value &found = made[key];
    if (!found) {
      if (auto shaped = mlir::dyn_cast<mlir::ShapedType>(shape))
        value = mlir::DenseElementsAttr::get(shaped, static_cast<mlir::Attribute>(value));
      found = make<mlir::arith::ConstantOp>(value);
    }
    return found;
  }

  Constants numbers, integers;
};

/// A number under construction, or a literal that becomes a constant where it meets one.
template <typename T> class IrNumber {
public:
  using Scalar = T;
  using Float = mlir::arith::CmpFPredicate;

  struct Mask {
    IrSite *site;
    mlir::Value value;
    friend Mask operator&(Mask a, Mask b) {
      return {a.site, a.site->template make<mlir::arith::AndIOp>(a.value, b.value)};
    }
    friend Mask operator|(Mask a, Mask b) {
      return {a.site, a.site->template make<mlir::arith::OrIOp>(a.value, b.value)};
    }
  };

  /// The integer with the same bits. Shifts are by constants.
  class Bits {
  public:
    Bits(int64_t literal) : literal(literal) {}
    Bits(IrSite &site, mlir::Value value) : site(&site), value(value) {}

    IrNumber number() const { return {*site, site->make<mlir::arith::BitcastOp>(site->type, value)}; }
    Bits shiftRightLogical(int by) const { return build<mlir::arith::ShRUIOp>(*this, by); }
    friend Bits operator+(Bits a, Bits b) { return build<mlir::arith::AddIOp>(a, b); }
    friend Bits operator-(Bits a, Bits b) { return build<mlir::arith::SubIOp>(a, b); }
    friend Bits operator*(Bits a, Bits b) { return build<mlir::arith::MulIOp>(a, b); }
    friend Bits operator&(Bits a, Bits b) { return build<mlir::arith::AndIOp>(a, b); }
    friend Bits operator^(Bits a, Bits b) { return build<mlir::arith::XOrIOp>(a, b); }
    friend Bits operator<<(Bits a, int by) { return build<mlir::arith::ShLIOp>(a, by); }
    friend Bits operator>>(Bits a, int by) { return build<mlir::arith::ShRSIOp>(a, by); }
    friend Bits operator-(Bits a) { return Bits(0) - a; }
    friend Mask operator==(Bits a, Bits b) {
      IrSite &site = a.site ? *a.site : *b.site;
      return {&site, site.make<mlir::arith::CmpIOp>(mlir::arith::CmpIPredicate::eq, a.in(site), b.in(site))};
    }

  private:
    template <typename Op> static Bits build(Bits a, Bits b) {
      IrSite &site = a.site ? *a.site : *b.site;
      return {site, site.make<Op>(a.in(site), b.in(site))};
    }
    mlir::Value in(IrSite &there) const { return site ? value : there.integer(literal); }

    IrSite *site = nullptr;
    int64_t literal = 0;
    mlir::Value value;
  };

  IrNumber(T literal) : literal(literal) {}
  IrNumber(IrSite &site, mlir::Value value) : site(&site), value(value) {}

  mlir::Value get() const { return value; }
  IrNumber of(T number) const { return {*site, site->number(number)}; }
  Bits bits() const { return {*site, site->make<mlir::arith::BitcastOp>(site->bitsType, value)}; }

  friend IrNumber operator+(IrNumber a, IrNumber b) { return build<mlir::arith::AddFOp>(a, b); }
  friend IrNumber operator-(IrNumber a, IrNumber b) { return build<mlir::arith::SubFOp>(a, b); }
  friend IrNumber operator*(IrNumber a, IrNumber b) { return build<mlir::arith::MulFOp>(a, b); }
  friend IrNumber operator/(IrNumber a, IrNumber b) { return build<mlir::arith::DivFOp>(a, b); }
  friend IrNumber operator-(IrNumber a) { return build<mlir::arith::NegFOp>(a); }
  friend Mask operator<(IrNumber a, IrNumber b) { return compare(Float::OLT, a, b); }
  friend Mask operator>(IrNumber a, IrNumber b) { return compare(Float::OGT, a, b); }
  friend Mask operator==(IrNumber a, IrNumber b) { return compare(Float::OEQ, a, b); }
  friend Mask operator!=(IrNumber a, IrNumber b) { return compare(Float::UNE, a, b); }
  friend IrNumber fma(IrNumber a, IrNumber b, IrNumber c) { return build<mlir::math::FmaOp>(a, b, c); }
  friend IrNumber abs(IrNumber a) { return build<mlir::math::AbsFOp>(a); }
  friend IrNumber sqrt(IrNumber a) { return build<mlir::math::SqrtOp>(a); }
  friend IrNumber copysign(IrNumber a, IrNumber b) { return build<mlir::math::CopySignOp>(a, b); }
  friend IrNumber select(Mask m, IrNumber a, IrNumber b) {
    return {*m.site, m.site->template make<mlir::arith::SelectOp>(m.value, a.in(*m.site), b.in(*m.site))};
  }

private:
  template <typename... Numbers> static IrSite &siteOf(const IrNumber &a, const Numbers &...rest) {
    if constexpr (sizeof...(rest) > 0)
      return a.site ? *a.site : siteOf(rest...);
    else
      return *a.site;
  }
  template <typename Op, typename... Numbers> static IrNumber build(const Numbers &...operands) {
    IrSite &site = siteOf(operands...);
    return {site, site.make<Op>(operands.in(site)...)};
  }
  static Mask compare(Float predicate, const IrNumber &a, const IrNumber &b) {
    IrSite &site = siteOf(a, b);
    return {&site, site.make<mlir::arith::CmpFOp>(predicate, a.in(site), b.in(site))};
  }
  mlir::Value in(IrSite &there) const { return site ? value : there.number(literal); }

  IrSite *site = nullptr;
  T literal = 0;
  mlir::Value value;
};

} // namespace flowc::kernels
