"""What people call the things that can be painted, in English, Chinese, Japanese and Korean.

Each word stands for itself and its plain plural; words in scripts without spaces match anywhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

PLACES: Mapping[str, str] = {
    "underwater": """
    underwater, under the sea, coral, reef, scuba, diver, seabed, deep sea, kelp, aquarium,
    jellyfish, 水下, 海底, 珊瑚, 水中, 深海, 해저, 바닷속
    """,
    "space": """
    space, outer space, galaxy, galaxies, planet, nebula, cosmos, orbiting earth, asteroid,
    spaceship, spacecraft, starship, astronaut, moon surface, lunar, mars, cosmic, 太空, 宇宙,
    银河, 星球, 行星, 우주, 은하, 惑星, 銀河, 宇航员
    """,
    "table": """
    kitchen, table, tabletop, countertop, bowl, ramen, noodle, broth, soup, food, dish, plate,
    coffee, espresso, latte, tea, cup, mug, cake, bread, pizza, burger, chef, cooking,
    breakfast, dinner, restaurant, cafe, café, bakery, sushi, pancake, chocolate, dessert, wine,
    cocktail, steak, cheese, fruit, whisky, 厨房, 餐桌, 桌, 拉面, 面条, 汤, 美食, 咖啡, 茶, 碗,
    餐厅, 蛋糕, 料理, 食べ物, ラーメン, キッチン, テーブル, コーヒー, カフェ, 台所, 주방, 부엌,
    식탁, 라면, 커피, 음식, 국수
    """,
    "product": """
    product, perfume, bottle, cosmetic, sneaker, shoe, watch, smartphone, phone, lipstick,
    cream, packshot, gadget, headphone, jewelry, ring, packaging, can of, logo, 产品, 香水,
    化妆品, 手表, 商品, 製品, 化粧品, 腕時計, 제품, 향수
    """,
    "interior": """
    interior, indoors, indoor, room, office, studio, bedroom, living room, apartment, library,
    classroom, hallway, corridor, desk, window, hotel, laboratory, lab, museum, gallery,
    workshop, hospital, house interior, sofa, couch, 室内, 房间, 办公室, 教室, 卧室, 客厅,
    图书馆, 窗, 書斎, 部屋, オフィス, 図書館, 窓, 방, 사무실, 거실, 창문, 교실, 도서관
    """,
    "street": """
    street, alley, alleyway, sidewalk, crosswalk, market, downtown, shibuya, chinatown, bazaar,
    storefront, lane, neon sign, subway, taxi, 街, 巷, 街道, 路口, 市场, 路地, 通り, 商店街,
    横丁, 渋谷, 거리, 골목, 시장
    """,
    "city": """
    city, cities, skyline, skyscraper, cityscape, urban, metropolis, rooftop, tower, building,
    tokyo, new york, manhattan, hong kong, shanghai, cyberpunk, futuristic, town, 城市, 都市,
    摩天, 高楼, 上海, 东京, 香港, 街景, 東京, 街並み, ビル, 도시, 서울, 빌딩
    """,
    "beach": """
    beach, shore, coast, coastline, seaside, tropical island, island, surfer, surf, palm tree,
    sand, cliff, 海滩, 沙滩, 海岸, 岛, 浜, 砂浜, ビーチ, 島, 해변, 바닷가, 섬
    """,
    "ocean": """
    ocean, sea, waves, wave, sailing, sailboat, boat, ship, whale, dolphin, storm at sea,
    horizon, lighthouse, harbor, harbour, yacht, 海洋, 大海, 海, 海浪, 船, 波, 바다, 파도, 배를
    """,
    "lake": """
    lake, river, pond, stream, creek, waterfall, canal, reflection, reservoir, fjord, water,
    bridge, 湖, 河, 江, 溪, 瀑布, 池, 川, 滝, 湖畔, 강, 호수, 폭포, 桥, 橋
    """,
    "jungle": """
    jungle, rainforest, rain forest, tropical forest, amazon, bamboo, tiger, parrot, 丛林,
    热带雨林, 竹林, 竹, ジャングル, 熱帯雨林, 정글, 대나무
    """,
    "forest": """
    forest, woods, woodland, tree, pine, redwood, grove, birch, autumn leaves, mushroom, fox,
    deer, wolf, bear, owl, 森林, 树林, 林, 树, 森, 木々, 紅葉, 숲, 나무
    """,
    "desert": """
    desert, dune, sahara, canyon, mesa, cactus, oasis, camel, wasteland, 沙漠, 沙丘, 戈壁, 峡谷,
    砂漠, 砂丘, 荒野, 사막, 모래
    """,
    "snow": """
    snowfield, tundra, arctic, antarctic, glacier, iceberg, ice, polar, ski, snowy, winter,
    snowy mountain, snow, 雪原, 雪地, 雪山, 冰, 冬, 雪, 氷, 雪景色, 눈밭, 설원, 겨울, 눈 덮인
    """,
    "mountain": """
    mountain, peak, alps, himalaya, ridge, summit, valley, hiker, hiking, climber, volcano,
    highland, eagle, 山, 山脉, 峰, 山谷, 山岳, 谷, 산, 계곡, 화산, 火山
    """,
    "road": """
    road, highway, car, driving, truck, motorcycle, motorbike, route, freeway, train, railway,
    bicycle, cyclist, 公路, 道路, 汽车, 火车, 赛车, 高速, 車, 電車, 列車, 道, 도로, 자동차,
    기차, 고속도로
    """,
    "field": """
    field, meadow, farm, grassland, prairie, pasture, garden, park, wheat, flower, sunflower,
    lavender, vineyard, hill, grass, horse, dog, countryside, village, barn, savanna, rabbit,
    picnic, lawn, 田野, 草原, 草地, 花, 花园, 公园, 稻田, 麦田, 乡村, 牧場, 野原, 花畑, 公園,
    田舎, 田んぼ, 庭, 들판, 초원, 꽃, 공원, 정원
    """,
    "sky": """
    sky, cloud, above the clouds, airplane, aeroplane, plane, aircraft, flying, balloon,
    skydiver, bird, heaven, dragon, 天空, 云, 雲, 空, 飛行機, 气球, 飞机, 하늘, 구름, 비행기,
    龙, 竜
    """,
}
LIGHTS: Mapping[str, str] = {
    "neon": """
    neon, cyberpunk, synthwave, vaporwave, 霓虹, 赛博朋克, ネオン, サイバーパンク, 네온
    """,
    "golden": """
    golden hour, golden light, magic hour, late afternoon, warm light, autumn, candlelight,
    cozy, 黄金时刻, 金色, 秋, ゴールデンアワー, 골든아워, 노을빛
    """,
    "sunset": """
    sunset, sundown, setting sun, volcano, lava, 日落, 夕阳, 黄昏, 晚霞, 夕焼け, 夕日, 夕暮れ,
    석양, 노을, 일몰, 해질녘
    """,
    "sunrise": """
    sunrise, rising sun, 日出, 朝阳, 日の出, 朝日, 일출, 해돋이
    """,
    "dawn": """
    dawn, daybreak, early morning, first light, morning, 黎明, 清晨, 早晨, 破晓, 拂晓, 朝,
    夜明け, 明け方, 새벽, 아침
    """,
    "dusk": """
    dusk, twilight, blue hour, evening, nightfall, 暮色, 傍晚, 蓝调, 薄暮, 黄昏時, 夕方, 황혼,
    저녁
    """,
    "night": """
    night, midnight, moon, moonlit, moonlight, starry, stars, star, milky way, dark, aurora,
    northern lights, firefly, fireflies, campfire, nighttime, noir, 夜, 夜晚, 星空, 月, 月光,
    午夜, 极光, 星, 真夜中, 夜空, オーロラ, 밤, 별, 달빛, 오로라
    """,
    "storm": """
    storm, stormy, thunder, thunderstorm, lightning, hurricane, tornado, dramatic sky, 暴风, 雷,
    闪电, 台风, 嵐, 稲妻, 台風, 폭풍, 번개, 태풍
    """,
    "overcast": """
    overcast, cloudy, grey, gray, gloomy, fog, foggy, mist, misty, rain, rainy, raining,
    drizzle, moody, bleak, 阴天, 雾, 雨, 阴沉, 曇, 霧, 흐린, 안개, 비가, 비 오는
    """,
    "noon": """
    noon, midday, daylight, sunny, bright, blue sky, day, daytime, clear sky, summer, spring,
    sunshine, 中午, 正午, 白天, 阳光, 晴, 夏, 春, 昼, 青空, 日差し, 晴れ, 낮, 정오, 햇살, 맑은,
    여름, 봄
    """,
}
WEATHERS: Mapping[str, str] = {
    "rain": """
    rain, rainy, raining, downpour, drizzle, storm, thunderstorm, monsoon, rainfall, 雨, 下雨,
    暴雨, 비가, 비 오는, 빗속, 嵐
    """,
    "snow": """
    snowfall, snowing, snowstorm, blizzard, snowflake, snow, snowy, 雪, 下雪, 飘雪, 暴雪, 吹雪,
    눈이, 눈 내리는, 눈보라
    """,
    "fog": """
    fog, foggy, mist, misty, haze, hazy, smoke, smoky, steam, 雾, 薄雾, 晨雾, 烟, 霧, もや, 煙,
    안개, 연기
    """,
    "lightning": """
    lightning, thunder, thunderstorm, 闪电, 雷, 稲妻, 번개
    """,
    "aurora": """
    aurora, northern lights, 极光, オーロラ, 오로라
    """,
    "motes": """
    firefly, fireflies, dust, pollen, sparks, embers, ember, magic, magical, fairy, petal,
    blossom, sakura, cherry blossom, fireworks, 萤火虫, 花瓣, 樱花, 桜, ホタル, 蛍, 花火, 벚꽃,
    반딧불
    """,
}
SUBJECTS: Mapping[str, str] = {
    "astronaut": """
    astronaut, cosmonaut, spaceman, 宇航员, 宇宙飛行士, 우주비행사
    """,
    "couple": """
    couple, lovers, two people, two friends, two men, two women, friends, family, 情侣, 夫妻,
    恋人, カップル, 커플, 연인, 가족
    """,
    "child": """
    child, children, kid, boy, girl, toddler, 孩子, 小孩, 男孩, 女孩, 儿童, 子供, 子ども, 少年,
    少女, 아이, 소년, 소녀
    """,
    "woman": """
    woman, women, lady, dancer, ballerina, bride, queen, princess, mother, actress, geisha, she,
    女人, 女子, 女性, 姑娘, 舞者, 女の人, 여자, 여성, 여인
    """,
    "man": """
    man, men, person, people, samurai, knight, monk, detective, cowboy, farmer, fisherman, chef,
    businessman, worker, soldier, hero, wizard, warrior, surfer, runner, father, king, pilot,
    figure, someone, he, silhouette, diver, skier, photographer, barista, scientist, guitarist,
    musician, 男人, 男子, 人物, 人, 侍, 武士, 行人, 男性, 사람, 남자, 남성, 사무라이
    """,
    "hiker": """
    hiker, backpacker, climber, traveler, traveller, explorer, wanderer, mountaineer, 旅人,
    登山, 背包客, 登山者, 등산
    """,
    "robot": """
    robot, android, mech, cyborg, 机器人, ロボット, 로봇
    """,
    "bowl": """
    ramen, bowl, noodle, broth, soup, rice, salad, cereal, pho, stew, curry, pasta, 拉面, 面条,
    汤, 碗, 米饭, ラーメン, 丼, うどん, スープ, 라면, 국수, 그릇
    """,
    "cup": """
    coffee, cup, mug, tea, latte, espresso, cappuccino, matcha, cocoa, 咖啡, 茶, 杯, コーヒー,
    お茶, カップ, 커피, 차 한
    """,
    "plate": """
    cake, pizza, burger, pancake, steak, dessert, dish, plate, sushi, bread, food, breakfast,
    chocolate, cheese, fruit, pie, donut, cookie, 蛋糕, 美食, 料理, ケーキ, 寿司, パン, 음식,
    케이크
    """,
    "bottle": """
    bottle, perfume, wine, whisky, whiskey, beer, shampoo, serum, lotion, soda, can of, drink,
    瓶, 香水, 酒, ボトル, 병, 향수
    """,
    "box": """
    product, package, packaging, gift, box, cosmetic, gadget, 产品, 礼物, 盒, 商品, 製品, 箱,
    제품, 상자
    """,
    "phone": """
    smartphone, phone, tablet, 手机, スマホ, 스마트폰, 휴대폰
    """,
    "shoe": """
    sneaker, shoe, boot, 鞋, スニーカー, 靴, 신발
    """,
    "cat": """
    cat, kitten, 猫, ネコ, 고양이
    """,
    "dog": """
    dog, puppy, wolf, fox, corgi, 狗, 犬, 狐, 狼, 강아지, 개가, 여우, 늑대
    """,
    "horse": """
    horse, stallion, unicorn, pony, horseback, 马, 馬, 말이
    """,
    "camel": """
    camel, caravan, 骆驼, ラクダ, 낙타
    """,
    "deer": """
    deer, stag, elk, moose, 鹿, 사슴
    """,
    "birds": """
    bird, eagle, seagull, gull, crow, owl, swan, flock, parrot, hawk, crane bird, dove, 鸟, 鹰,
    海鸥, 鳥, 鷹, 새가, 독수리
    """,
    "whale": """
    whale, orca, shark, 鲸, 鯨, クジラ, 고래, 상어
    """,
    "fish": """
    fish, dolphin, goldfish, koi, salmon, 鱼, 魚, 물고기
    """,
    "car": """
    car, taxi, suv, sports car, sedan, truck, van, driving, vehicle, bus, convertible, 汽车,
    跑车, 出租车, 卡车, 赛车, 車, タクシー, 자동차, 택시
    """,
    "train": """
    train, railway, locomotive, tram, metro, 火车, 列车, 地铁, 電車, 列車, 新幹線, 기차, 열차
    """,
    "bicycle": """
    bicycle, bike, cyclist, cycling, motorcycle, motorbike, 自行车, 单车, 摩托, 自転車, バイク,
    자전거, 오토바이
    """,
    "boat": """
    boat, sailboat, ship, yacht, canoe, kayak, sailing, 船, 帆船, 小舟, ヨット, 舟, 배가, 배를
    """,
    "plane": """
    airplane, aeroplane, plane, jet, aircraft, 飞机, 飛行機, 비행기
    """,
    "balloon": """
    balloon, hot air balloon, 气球, 热气球, 気球, 열기구
    """,
    "rocket": """
    rocket, spaceship, spacecraft, starship, satellite, ufo, 火箭, 飞船, ロケット, 宇宙船, 로켓,
    우주선
    """,
    "lighthouse": """
    lighthouse, 灯塔, 灯台, 등대
    """,
    "house": """
    house, cabin, cottage, barn, hut, farmhouse, temple, castle, church, home, 房子, 小屋, 木屋,
    寺, 城堡, お城, 家屋, 집, 오두막
    """,
    "tent": """
    tent, camping, campsite, campfire, 帐篷, 露营, テント, キャンプ, 텐트, 캠핑
    """,
}
HOMES: Mapping[str, str] = {
    "astronaut": "space",
    "rocket": "space",
    "bowl": "table",
    "cup": "table",
    "plate": "table",
    "bottle": "product",
    "box": "product",
    "phone": "product",
    "shoe": "product",
    "cat": "interior",
    "dog": "field",
    "horse": "field",
    "camel": "desert",
    "deer": "forest",
    "birds": "sky",
    "whale": "ocean",
    "fish": "underwater",
    "car": "road",
    "train": "road",
    "bicycle": "road",
    "boat": "ocean",
    "plane": "sky",
    "balloon": "sky",
    "lighthouse": "ocean",
    "house": "field",
    "tent": "mountain",
    "robot": "city",
    "couple": "field",
    "child": "field",
}
"""Where a subject is at home, for prompts that name no place."""
