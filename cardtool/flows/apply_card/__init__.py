"""APC: apply for a certificate whose key is made on the card.

The order at the RA and the card itself say how far an application got. Every step looks there first,
so the same flow starts, continues after a pull or a kill, and continues on another computer. From the
PIN on, the card is held in one transaction (spec 4.3: from the witness to the last write).

=================  ==============================================================
step               where the truth is
=================  ==============================================================
open-order         the RA's open order for this card
authorise-card     admin status, which lives as long as this transaction
create-key         whether the slot's key signs for the order's certificate
send-request       the order's certificate
write, read-back   the certificate object of the slot
announce-change    the card's GUID
prove              the order's state ``stored``
=================  ==============================================================
"""

from cardtool.flows.apply_card.context import ApplyContext
from cardtool.flows.apply_card.flow import APC

__all__ = ["APC", "ApplyContext"]
