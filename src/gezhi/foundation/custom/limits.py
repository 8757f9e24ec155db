"""What no added field may ask for (privacy.md 5, 6, 10)."""

from __future__ import annotations

NEVER = ("宗教", "信仰", "政治面貌", "政治观点", "上访", "信访史", "艾滋", "HIV", "诊断", "病史", "传染", "人脸",
         "指纹", "虹膜", "声纹", "步态", "基因", "信用分", "积分评级")
"""What is not collected, whoever adds it (privacy.md 5, 6, 10): words by which it is known."""
