"""Money: ISO 4217 codes, and amounts that the product keeps exactly."""

from __future__ import annotations

from decimal import Decimal

from storepulse.domain.errors import Rejected

#: ISO 4217 list one, active codes, funds and metals included; XTS and XXX are no currencies.
CURRENCIES = frozenset(
    # Kept as the list's own text, to be compared with the standard's at a glance.
    """
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN
    BWP BYN BZD CAD CDF CHE CHF CHW CLF CLP CNY COP COU CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN
    ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD
    JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT
    MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG
    QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT
    TND TOP TRY TTD TWD TZS UAH UGX USD USN UYI UYU UYW UZS VED VES VND VUV WST XAF XAG XAU XBA
    XBB XBC XBD XCD XCG XDR XOF XPD XPF XPT XSU XUA YER ZAR ZMW ZWG
    """.split()  # noqa: SIM905 - 177 quoted words would hide the list
)

DECIMAL_PLACES = 4
#: Amounts from here on are no prices.
ABSURD = 10**12


def currency(field: str, code: str) -> str:
    """The code in upper case; raises Rejected for one that ISO 4217 does not list."""
    upper = code.upper()
    if upper not in CURRENCIES:
        raise Rejected(field, "is no ISO 4217 currency")
    return upper


def money(field: str, value: Decimal) -> Decimal:
    """The amount, exactly as sent, without trailing zeros after the fourth decimal.

    Raises Rejected for what is no number, has more than four decimals or is no price.
    """
    sign, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int):
        raise Rejected(field, "is not a finite number")
    if not value:
        return Decimal(0)  # whatever its exponent
    if value.adjusted() >= len(str(ABSURD)) - 1:
        raise Rejected(field, "is no price: 1,000,000,000,000 or more")
    surplus = -exponent - DECIMAL_PLACES
    if surplus <= 0:
        return value
    if any(digits[max(0, len(digits) - surplus) :]):
        raise Rejected(field, "has more than four decimals")
    return Decimal((sign, digits[:-surplus] or (0,), -DECIMAL_PLACES))
